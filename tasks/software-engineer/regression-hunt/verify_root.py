"""Judges a mended configuration tree by what the service makes of it, and the change that was named."""
for part in ("verdict", "layers"):
    exec(compile(open(f"/tests/{part}.py").read(), f"/tests/{part}.py", "exec"))

EXPECTED = read_json("/tests/expected.json")
LISTS = {tuple(name) for name in EXPECTED["lists"]}
MISSED = tuple(EXPECTED["missed"])
TRUTH = {(section, key): value for section, keys in EXPECTED["settings"].items() for key, value in keys.items()}
FILES = 200
found = {}


def settled():
    paths = files_below("/app/root")
    expect(len(paths) <= FILES, f"more than {FILES} files")
    tree = {path: read_file(f"/app/root/{path}").decode("utf-8") for path in paths}
    found.update(effective(tree, EXPECTED["service"], LISTS))
    expect(found.get(MISSED) == TRUTH[MISSED], "the setting in question is not what it must be")


def keys_match():
    missing, extra = len(TRUTH.keys() - found.keys()), len(found.keys() - TRUTH.keys())
    expect(not missing and not extra, f"{missing} keys that should have a value have none, {extra} others have one")


def values(chosen):
    wrong = sum(found[name] != value for name, value in TRUTH.items() if (name in LISTS) == chosen)
    expect(not wrong, f"{wrong} values differ")


def named():
    change = read_json("/app/answer.json").get("change")
    expect(isinstance(change, str), "change is not named")
    expect(change == EXPECTED["answer"]["change"], "change is another one")


verdict = Verdict()
verdict.check("complaint_is_settled", settled)
needs = ["complaint_is_settled"]
verdict.check("keys_that_have_a_value", keys_match, needs=needs)
verdict.check("single_values", lambda: values(False), needs=["keys_that_have_a_value"])
verdict.check("lists", lambda: values(True), needs=["keys_that_have_a_value"])
verdict.check("change_is_named", named)
for directory, digests in EXPECTED["untouched"].items():
    verdict.check(f"{directory.rpartition('/')[2]}_untouched", lambda: expect_untouched(directory, digests),
                  needs=needs)
verdict.write()
