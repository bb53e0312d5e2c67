"""Judges a converter by the samples of its task (outcome) and by later exports of the same suppliers (process).

A table of settings agrees with the samples; only a reading that the control line confirms holds on the others.
"""
import base64
import csv
import io
import os
import shutil
import tempfile

for part in ("verdict", "programs"):
    exec(compile(open(f"/tests/{part}.py").read(), f"/tests/{part}.py", "exec"))

PROGRAM = "/app/normalize.py"
SECONDS = 10
EXPECTED = read_json("/tests/expected.json")
CASES = EXPECTED["cases"]  # name of the check to file, content and table (None: to be refused)
GIVEN = [name for name, case in CASES.items() if case["given"]]
LATER = [name for name, case in CASES.items() if case["table"] and not case["given"]]
answers = {}


def delivered():
    program = read_file(PROGRAM)
    expect(program.strip(), "the program is empty")
    compile(program, PROGRAM, "exec", dont_inherit=True)
    directory = tempfile.mkdtemp(prefix="exports-")
    try:
        with open(f"{directory}/normalize.py", "wb") as file:
            file.write(program)
        commands = []
        for number, case in enumerate(CASES.values()):
            path = f"{directory}/{number}/{case['file']}"
            os.mkdir(os.path.dirname(path))
            with open(path, "wb") as file:
                file.write(base64.b64decode(case["content"]))
            commands.append([PYTHON, "-I", f"{directory}/normalize.py", path])
        answers.update(zip(CASES, run_programs(commands, directory, SECONDS)))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def judge(table, status, output):
    expect(status is not None, f"no answer within {SECONDS} s")
    if table is None:
        expect(status == 3, f"exit status {status} for a export that contradicts itself")
        expect(not output, "printed something for a export that contradicts itself")
        return
    expect(status == 0, f"exit status {status} for a sound export")
    expect(not output.startswith(b"\xef\xbb\xbf"), "the output starts with a byte order mark")
    found = list(csv.reader(io.StringIO(output.decode("utf-8"), newline=""), strict=True))
    expect(len(found) == len(table), f"{len(found)} records instead of {len(table)}")
    wrong = sum(record != right for record, right in zip(found, table))
    expect(not wrong, f"{wrong} of {len(table)} records are wrong")


verdict = Verdict()
verdict.check("program_delivered", delivered)
for name, case in CASES.items():
    # A program that refuses whatever it is given has understood nothing: refusals count beside sound answers only.
    needs = ["program_delivered"] if case["table"] else LATER
    verdict.check(name, lambda: judge(case["table"], *answers[name]), needs=needs,
                  kind="outcome" if case["given"] else "process")
for directory, digests in EXPECTED["untouched"].items():
    verdict.check(f"{directory.rpartition('/')[2]}_untouched", lambda: expect_untouched(directory, digests),
                  needs=GIVEN)
verdict.write()
