"""Judges a flattened configuration by what the service makes of it, against the truth (expected.json).

Where it is asked for each value's origin, that and the lists of files are checks of the process.
"""
for part in ("verdict", "layers"):
    exec(compile(open(f"/tests/{part}.py").read(), f"/tests/{part}.py", "exec"))

EXPECTED = read_json("/tests/expected.json")
LISTS = {tuple(name) for name in EXPECTED["lists"]}
TRUTH = {(section, key): value for section, keys in EXPECTED["settings"].items() for key, value in keys.items()}
found = {}


def delivered():
    text = read_file(EXPECTED["file"]).decode("utf-8")
    found.update(settings([text], LISTS, notation=EXPECTED["notation"]))
    expect(found, "the file sets nothing")


def all_set():
    missing = len(TRUTH.keys() - found.keys())
    expect(not missing, f"{missing} keys that had a value have none")


def nothing_else():
    extra = len(found.keys() - TRUTH.keys())
    expect(not extra, f"{extra} keys that had no value have one")


def values(chosen):
    wrong = sum(found[name] != value for name, value in TRUTH.items() if (name in LISTS) == chosen)
    expect(not wrong, f"{wrong} values differ")


def sources_are(member):
    listed = read_json(EXPECTED["sources"]["path"]).get(member)
    truth = EXPECTED["sources"]["lists"][member]
    expect(isinstance(listed, list), f"{member} is not a list")
    expect(len(listed) == len(truth), f"{len(listed)} files where {len(truth)} belong")
    expect(listed == truth, "other files, or in another order")


def origins(chosen):
    listed = read_json("/app/out/origins.json")
    expect(listed.keys() == {".".join(name) for name in TRUTH}, "not the keys that have a value")
    truth = {".".join(name): EXPECTED["origins"][".".join(name)] for name in TRUTH if (name in LISTS) == chosen}
    wrong = sum(listed[name] != places for name, places in truth.items())
    expect(not wrong, f"{wrong} of {len(truth)} origins are wrong")


verdict = Verdict()
kind = "process" if "origins" in EXPECTED else "outcome"
verdict.check("configuration_delivered", delivered)
verdict.check("all_keys_are_set", all_set, needs=["configuration_delivered"])
verdict.check("nothing_else_is_set", nothing_else, needs=["all_keys_are_set"])
verdict.check("single_values", lambda: values(False), needs=["all_keys_are_set"])
verdict.check("lists", lambda: values(True), needs=["all_keys_are_set"])
for member in EXPECTED["sources"]["lists"]:
    verdict.check(f"files_{member}", lambda: sources_are(member), kind=kind)
if "origins" in EXPECTED:
    verdict.check("origins_of_single_values", lambda: origins(False), kind=kind)
    verdict.check("origins_of_lists", lambda: origins(True), kind=kind)
for directory, digests in EXPECTED["untouched"].items():
    verdict.check(f"{directory.rpartition('/')[2]}_untouched", lambda: expect_untouched(directory, digests),
                  needs=["configuration_delivered"])
verdict.write()
