"""Judges a repaired report program by what it prints for files it has never seen, and the change that was named.

Where a trail is asked for, it and all that goes beyond the complaint and the accepted cases are checks of the process.
"""
import shutil
import tempfile

for part in ("verdict", "programs"):
    exec(compile(open(f"/tests/{part}.py").read(), f"/tests/{part}.py", "exec"))

EXPECTED = read_json("/tests/expected.json")
SECONDS = 5
answers = {}


def cases():
    """Name of the check to file, arguments and what must be printed."""
    found = {}
    for number, complaint in enumerate(EXPECTED["complaints"], start=1):
        found[f"complaint_{number}_is_settled"] = complaint["input"], complaint["arguments"], complaint["output"]
    for name, case in EXPECTED.get("accepted", {}).items():
        found[f"case_{name}_passes"] = case["input"], case["arguments"], case["output"]
    for group in EXPECTED["held_out"]:
        for case in group["cases"]:
            found[f"{case['name']}_is_right"] = group["input"], case["arguments"], case["output"]
    return found


def run_all():
    program = read_file(EXPECTED["program"])
    compile(program, "program", "exec", dont_inherit=True)
    directory = tempfile.mkdtemp(prefix="reports-")
    try:
        with open(f"{directory}/report.py", "wb") as file:
            file.write(program)
        commands, files = [], {}
        for text, words, _ in CASES.values():
            path = files.setdefault(text, f"{directory}/input-{len(files)}.csv")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            commands.append([PYTHON, "-I", f"{directory}/report.py", *words, path])
        answers.update(zip(CASES, run_programs(commands, directory, SECONDS)))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def judge(name):
    status, output = answers[name]
    expect(status == 0, f"the program ended with status {status}")
    found, right = output.decode("utf-8").splitlines(), CASES[name][2].splitlines()
    wrong = sum(line not in found for line in right)
    expect(not wrong, f"{wrong} of {len(right)} lines are wrong or missing")
    expect(found == right, "other lines, or in another order")


def named(key):
    found = read_json("/app/answer.json").get(key)
    expect(isinstance(found, str), f"{key} is not named")
    expect(found == EXPECTED["answer"][key], f"{key} is another one")


def trail():
    header, *rows = [line.split(",") for line in read_file("/app/trail.csv").decode("utf-8").splitlines()]
    expect(header == ["state", "verdict"], "another header")
    told, truth = dict(rows), EXPECTED["trail"]
    expect(len(told) == len(rows) >= 4 and told.keys() <= truth.keys(), "too few states, repeated or unknown ones")
    expect(all(number in told for number in EXPECTED["turn"]), "the states about the change are not among them")
    wrong = sum(truth[number] != said for number, said in told.items())
    expect(not wrong, f"{wrong} of {len(told)} verdicts are wrong")


def all_settled():
    run_all()
    for name in settled:
        judge(name)


CASES = cases()
settled = [name for name in CASES if name.startswith("complaint_")]
kind = "process" if "trail" in EXPECTED else "outcome"
verdict = Verdict()
# A program that was left as it is does the rest well: it counts beside a repair only.
verdict.check("complaints_are_settled", all_settled)
for name in CASES:
    if name not in settled:
        verdict.check(name, lambda: judge(name), needs=["complaints_are_settled"],
                      kind="outcome" if name.startswith("case_") else kind)
for key in EXPECTED["answer"]:
    verdict.check(f"{key}_is_named", lambda: named(key), kind=kind)
if "trail" in EXPECTED:
    verdict.check("trail_is_right", trail, kind=kind)
for directory, digests in EXPECTED["untouched"].items():
    verdict.check(f"{directory.rpartition('/')[2]}_untouched", lambda: expect_untouched(directory, digests),
                  needs=["complaints_are_settled"])
verdict.write()
