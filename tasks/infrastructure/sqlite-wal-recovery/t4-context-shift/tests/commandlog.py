"""An in-memory store's command log in the Redis protocol, and what it leads to. Executed by verify_dataset.py too."""


class Broken(Exception):
    """The text is no sequence of whole commands."""


def command(*words):
    parts = [str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def commands(content):
    """Every command as a list of strings; raises Broken at the first that is not whole."""
    at = 0

    def number(mark):
        nonlocal at
        end = content.find(b"\r\n", at)
        digits = content[at + 1:end]
        if content[at:at + 1] != mark or end < 0 or not digits.isdigit() or len(digits) > 7:
            raise Broken
        at = end + 2
        return int(digits)

    while at < len(content):
        words = []
        for _ in range(number(b"*")):
            size = number(b"$")
            if content[at + size:at + size + 2] != b"\r\n":
                raise Broken
            words.append(content[at:at + size].decode())
            at += size + 2
        yield words


def apply(data, words):
    """One command on {key: text, dictionary or list}; raises KeyError for one that the store does not know."""
    verb, key, *rest = words
    if verb == "SET":
        data[key], = rest
    elif verb == "DEL":
        data.pop(key, None)
    elif verb == "INCRBY":
        data[key] = str(int(data.get(key, "0")) + int(*rest))
    elif verb == "HSET":
        data.setdefault(key, {}).update(zip(rest[::2], rest[1::2], strict=True))
    elif verb == "HDEL":
        data.get(key, {}).pop(*rest, None)
    elif verb == "RPUSH":
        data.setdefault(key, []).extend(rest)
    elif verb == "LPOP":
        del data.get(key, [])[:1]
    else:
        raise KeyError(verb)
    if verb != "SET" and not data.get(key, ""):
        data.pop(key, None)


def replayed(parts, keep_open=False):
    """The data that files of commands lead to, one after the other; a group counts once its EXEC is there."""
    data, group = {}, None
    for content in parts:
        try:
            for words in commands(content):
                if words == ["MULTI"]:
                    group = []
                elif words == ["EXEC"]:
                    for held in group or []:
                        apply(data, held)
                    group = None
                elif group is not None and not keep_open:
                    group.append(words)
                else:
                    apply(data, words)
        except Broken:
            pass
    return data
