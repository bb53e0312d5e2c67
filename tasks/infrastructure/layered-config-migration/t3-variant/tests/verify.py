"""Judges the agent's program by what it says of trees that it has never seen, whole ones and broken ones."""
import shutil
import tempfile

for part in ("verdict", "programs"):
    exec(compile(open(f"/tests/{part}.py").read(), f"/tests/{part}.py", "exec"))

PROGRAM = "/app/effective.py"
SECONDS = 3
EXPECTED = read_json("/tests/expected.json")


def put_tree(root, tree):
    for path, text in tree.items():
        os.makedirs(os.path.dirname(f"{root}/{path}"), exist_ok=True)
        with open(f"{root}/{path}", "w", encoding="utf-8") as file:
            file.write(text)


def delivered():
    program = read_file(PROGRAM)
    expect(program.strip(), "the program is empty")
    compile(program, PROGRAM, "exec", dont_inherit=True)
    directory = tempfile.mkdtemp(prefix="trees-")
    try:
        with open(f"{directory}/effective.py", "wb") as file:
            file.write(program)
        commands = []
        for number, case in enumerate(cases.values()):
            put_tree(f"{directory}/{number}", case["tree"])
            commands.append([PYTHON, "-I", f"{directory}/effective.py", f"{directory}/{number}", case["service"]])
        answers.update(zip(cases, run_programs(commands, directory, SECONDS)))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def judge_sound(truth, status, output):
    expect(status is not None, f"no answer within {SECONDS} s")
    expect(status == 0, f"exit status {status} for a sound tree")
    found = json.loads(output.decode("utf-8"))
    flat, right = ({(section, key): value for section, keys in content.items() for key, value in keys.items()}
                   for content in (found, truth))
    wrong = sum(flat.get(name) != right.get(name) for name in flat.keys() | right.keys())
    expect(not wrong, f"{wrong} of {len(right)} settings are wrong, missing or made up")


def judge_damaged(status, output):
    expect(status == 3, f"exit status {status} for a tree that must be refused")
    expect(not output, "printed something for a tree that must be refused")


sound = {f"tree_{number}": case for number, case in enumerate(EXPECTED["sound"], start=1)}
cases = sound | EXPECTED["damaged"]
answers = {}
verdict = Verdict()
verdict.check("program_delivered", delivered)
for name, case in sound.items():
    verdict.check(name, lambda: judge_sound(case["settings"], *answers[name]), needs=["program_delivered"])
# A program that refuses whatever it is given has understood nothing: refusals count beside a right answer only.
verdict.check("some_tree_is_understood", lambda: expect(
    any(verdict.statuses[name] == "passed" for name in sound), "none is"), needs=["program_delivered"])
for name in EXPECTED["damaged"]:
    verdict.check(f"{name}_is_refused", lambda: judge_damaged(*answers[name]), needs=["some_tree_is_understood"])
verdict.write()
