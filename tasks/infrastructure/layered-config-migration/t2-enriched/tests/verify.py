"""Judges the migrated configuration of each instance by the truth (expected.json), not by the agent's inputs."""
exec(compile(open("/tests/verdict.py").read(), "/tests/verdict.py", "exec"))

EXPECTED = read_json("/tests/expected.json")
found = {}


def flat(content):
    return {(section, key): value for section, keys in content.items() for key, value in keys.items()}


def same(value, other):
    """Equal, and of one type: true is not 1."""
    return type(value) is type(other) and value == other


def delivered(path):
    found[path] = flat(read_json(path))


def keys_match(path):
    truth = flat(EXPECTED["files"][path])
    missing, extra = len(truth.keys() - found[path].keys()), len(found[path].keys() - truth.keys())
    expect(not missing and not extra, f"{missing} keys are missing, {extra} have no place there")


def values_match(path, lists):
    truth = flat(EXPECTED["files"][path])
    wrong = sum(not same(found[path][name], value) for name, value in truth.items() if isinstance(value, list) == lists)
    expect(not wrong, f"{wrong} values differ")


verdict = Verdict()
for path in EXPECTED["files"]:
    name = path.rpartition("/")[2].removesuffix(".json")
    verdict.check(f"{name}_delivered", lambda: delivered(path))
    verdict.check(f"{name}_has_its_keys", lambda: keys_match(path), needs=[f"{name}_delivered"])
    verdict.check(f"{name}_single_values", lambda: values_match(path, False), needs=[f"{name}_has_its_keys"])
    verdict.check(f"{name}_lists", lambda: values_match(path, True), needs=[f"{name}_has_its_keys"])
every = [name for name in verdict.statuses if name.endswith("_delivered")]
verdict.check("root_untouched", lambda: expect_untouched("/app/root", EXPECTED["untouched"]), needs=every)
verdict.write()
