"""Judges the agent's converter by what it does with exports it has never seen, sound ones and damaged ones."""
import csv
import io
import random
import shutil
import tempfile

for part in ("verdict", "programs", "exports"):
    exec(compile(open(f"/tests/{part}.py").read(), f"/tests/{part}.py", "exec"))

PROGRAM = "/app/normalize.py"
SECONDS = 10
NBSP = "\u00a0"
EXPECTED = read_json("/tests/expected.json")

# name: dialect, number of readings, whole numbers only
SOUND = {
    "latin_text_us_dates": (dialect("cp1252", "|", ".", ",", "%m/%d/%Y", "10342"), 40, False),
    "wide_text_tabs": (dialect("utf-16", "\t", ",", NBSP, "%d/%m/%Y", "43210", "\n"), 40, False),
    "decimal_and_delimiter_alike": (dialect("utf-8-sig", ",", ",", ".", "%d.%m.%Y", "02314"), 40, False),
    "groups_that_look_like_fractions": (dialect("utf-8", ";", ",", ".", "%d/%m/%Y", "01234", "\n"), 25, True),
    "fractions_that_look_like_groups": (dialect("utf-8", ";", ".", "'", "%m/%d/%Y", "31204"), 25, False),
    "everything_quoted": (dialect("cp1252", ",", ".", ",", "%Y-%m-%d", "40123", "\r\n", True), 40, True),
}


def sound_export(name):
    form, count, whole = SOUND[name]
    rows = make_rows(random.Random(f"held-out {name} {EXPECTED['seed']}"), count, whole, EXPECTED["month"])
    return rows, render(rows, form, whole)


def damaged_exports():
    """Exports that disagree with their control line: a lost reading, a changed figure, no control line at all."""
    form = dialect("utf-8", ";", ",", ".", "%d.%m.%Y", newline="\n")
    rows = [row[:4] + [""] for row in make_rows(random.Random(f"held-out damage {EXPECTED['seed']}"), 30, False)]
    lines = render(rows, form, False).split(b"\n")
    lost = lines[:12] + lines[13:]
    fields = lines[20].split(b";")
    fields[3] = fields[3].translate(bytes.maketrans(b"123456789", b"234567891"))
    changed = lines[:20] + [b";".join(fields)] + lines[21:]
    cut = [line for line in lines if not line.startswith(b"#control")]
    damage = {"lost_reading_is_refused": lost, "changed_figure_is_refused": changed, "cut_off_file_is_refused": cut}
    return {name: b"\n".join(lines) for name, lines in damage.items()}


def judge_sound(rows, status, output):
    expect(status is not None, f"no answer within {SECONDS} s")
    expect(status == 0, f"exit status {status} for a sound export")
    expect(not output.startswith(b"\xef\xbb\xbf"), "the output starts with a byte order mark")
    found = list(csv.reader(io.StringIO(output.decode("utf-8"), newline=""), strict=True))
    truth = contract_text(rows)
    expect(len(found) == len(truth), f"{len(found)} records instead of {len(truth)}")
    wrong = sum(record != right for record, right in zip(found, truth))
    expect(not wrong, f"{wrong} of {len(truth)} records are wrong")


def judge_damaged(status, output):
    expect(status == 3, f"exit status {status} for a damaged export")
    expect(not output, "printed something for a damaged export")


def answers_of(program, exports):
    """Name to (status, output). The files lie in one directory and their names tell nothing."""
    directory = tempfile.mkdtemp(prefix="exports-")
    try:
        with open(f"{directory}/normalize.py", "wb") as file:
            file.write(program)
        commands = []
        for number, content in enumerate(exports.values()):
            path = f"{directory}/export-{number}.csv"
            with open(path, "wb") as file:
                file.write(content)
            commands.append([PYTHON, "-I", f"{directory}/normalize.py", path])
        return dict(zip(exports, run_programs(commands, directory, SECONDS)))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def delivered():
    program = read_file(PROGRAM)
    expect(program.strip(), "the program is empty")
    compile(program, PROGRAM, "exec", dont_inherit=True)
    exports = {name: content for name, (_, content) in sound.items()}
    answers.update(answers_of(program, exports | damaged))


sound = {name: sound_export(name) for name in SOUND}
damaged = damaged_exports()
answers = {}
verdict = Verdict()
verdict.check("program_delivered", delivered)
for name, (rows, _) in sound.items():
    verdict.check(name, lambda: judge_sound(rows, *answers[name]), needs=["program_delivered"])
# A program that refuses whatever it is given has understood nothing: refusals count beside a sound answer only.
verdict.check("some_export_is_accepted", lambda: expect(
    any(verdict.statuses[name] == "passed" for name in sound), "none is"), needs=["program_delivered"])
for name in damaged:
    verdict.check(name, lambda: judge_damaged(*answers[name]), needs=["some_export_is_accepted"])
verdict.write()
