"""T4: an in-memory store's directory: bases, logs of commands, and a list of which of them count."""
from __future__ import annotations

import json
import random

from commandlog import apply, command, replayed
from instance import Instance

SHOPS = [("order", "stock", "pick"), ("ride", "seats", "dispatch"), ("visit", "beds", "triage")]
REMARKS = ["", "two\r\nlines", "Übergabe", "$5 off", "*"]


class Store:
    """The truth: commands in groups, as they were committed, and the data so far."""

    def __init__(self, chance: random.Random, names: tuple[str, str, str]) -> None:
        self.chance, (self.item, self.stock, self.queue) = chance, names
        self.data: dict = {}
        self.last = chance.randrange(100, 5_000)

    def run(self, group: list[tuple]) -> bytes:
        for words in group:
            apply(self.data, [str(word) for word in words])
        text = b"".join(command(*words) for words in group)
        return text if len(group) == 1 else command("MULTI") + text + command("EXEC")

    def opened(self) -> list[tuple]:
        """A new item with all that belongs to it."""
        self.last += 1
        key, shelf = f"{self.item}:{self.last}", f"{self.stock}:{self.chance.randrange(12):02d}"
        return [("INCRBY", f"seq:{self.item}", 1),
                ("HSET", key, "state", "new", "shelf", shelf, "note", self.chance.choice(REMARKS)),
                ("INCRBY", shelf, -self.chance.randrange(1, 5)), ("RPUSH", f"queue:{self.queue}", key)]

    def changed(self) -> list[tuple]:
        items = [key for key in self.data if key.startswith(f"{self.item}:")]
        queue = self.data.get(f"queue:{self.queue}", [])
        kind = self.chance.randrange(5)
        if kind == 0 and len(queue) > 2:
            return [("LPOP", f"queue:{self.queue}"), ("HSET", queue[0], "state", "taken", "by", "ana")]
        if kind == 1 and items:
            return [("DEL", self.chance.choice([key for key in items if key not in queue] or items[-1:]))]
        if kind == 2 and items:
            return [("HDEL", self.chance.choice(items), "note")]
        if kind == 3:
            return [("INCRBY", f"{self.stock}:{self.chance.randrange(12):02d}", self.chance.randrange(5, 40))]
        return [("SET", "last:shift", f"{self.chance.choice(['early', 'late'])} {self.chance.randrange(99)}")]

    def some(self, count: int) -> bytes:
        groups = (self.opened if self.chance.random() < 0.45 else self.changed for _ in range(count))
        return b"".join(self.run(group()) for group in groups)

    def base(self) -> bytes:
        """The data written out anew."""
        text = []
        for key, value in self.data.items():
            if isinstance(value, dict):
                text.append(command("HSET", key, *(word for pair in value.items() for word in pair)))
            else:
                text.append(command("RPUSH", key, *value) if isinstance(value, list) else command("SET", key, value))
        return b"".join(text)


def context_shift(instance: Instance) -> None:
    chance = instance.chance
    store, sequence = Store(chance, chance.choice(SHOPS)), chance.randrange(2, 9)
    store.run([("SET", f"seq:{store.item}", store.last)])
    store.some(40)
    outlived = store.some(14)
    base = store.base()
    nine, ten = store.some(22), store.some(26)
    final = json.loads(json.dumps(store.data))
    unfinished = store.opened()
    ten += command("MULTI") + b"".join(command(*words) for words in unfinished[:3]) + command(*unfinished[3])[:-9]
    # A rewrite that the crash interrupted: it opens well and lacks what came last.
    interrupted = base + nine[:nine.rfind(b"*1\r\n$5\r\nMULTI")]
    name = "appendonly.aof"
    files = {f"{name}.{sequence}.base.aof": base, f"{name}.8.incr.aof": outlived, f"{name}.9.incr.aof": nine,
             f"{name}.10.incr.aof": ten, f"temp-{name}.{sequence + 1}.base.aof": interrupted}
    listed = [f"file {name}.{sequence}.base.aof seq {sequence} type b", f"file {name}.8.incr.aof seq 8 type h",
              f"file {name}.9.incr.aof seq 9 type i", f"file {name}.10.incr.aof seq 10 type i"]
    chance.shuffle(listed)
    files[f"{name}.manifest"] = ("\n".join(listed) + "\n").encode()
    assert replayed([base, nine, ten]) == final
    for wrong in ([base], [interrupted], [base, nine], [base, ten], [base, outlived, nine, ten], [base, ten, nine],
                  [interrupted, ten]):
        assert replayed(wrong) != final, "draw anew: a misreading leads to the same data"
    assert replayed([base, nine, ten], keep_open=True) != final
    instance.put_texts(item=store.item, queue=store.queue, base=f"{name}.{sequence}.base.aof")
    instance.put_tests("verify_dataset.py", ("commandlog.py",), {
        "log": "/app/restored/appendonly.aof", "data": final,
        "report": {"path": "/app/restored/report.json", "content": {
            "keys": len(final), f"{store.item}s": sum(key.startswith(f"{store.item}:") for key in final),
            "waiting": len(final.get(f"queue:{store.queue}", [])), "last": int(final[f"seq:{store.item}"])}},
        "evidence": {"/app/crash": instance.put_inputs("crash", files)}})
