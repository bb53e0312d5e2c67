"""Judges the agent's program by the tables that batches it has never seen lead to, in several orders."""
import csv
import io
import shutil
import tempfile

for part in ("verdict", "programs"):
    exec(compile(open(f"/tests/{part}.py").read(), f"/tests/{part}.py", "exec"))

PROGRAM = "/app/fold.py"
SECONDS = 3
EXPECTED = read_json("/tests/expected.json")
TRUTH = [EXPECTED["columns"], *EXPECTED["records"]]
# Name of the check to the order in which the batches are folded.
ORDERS = {"in_order": [0, 1, 2], "last_batch_first": [2, 0, 1], "backwards_and_repeated": [2, 1, 2, 0]}


def put(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))


def fold_all(directory):
    """Folds the batches step by step, the orders side by side; name to (status, table), and to (status, output)."""
    program = f"{directory}/fold.py"
    for number, lines in enumerate(EXPECTED["batches"]):
        put(f"{directory}/batch-{number}", lines)
    states, answers = {}, {}
    for name in ORDERS:
        states[name] = f"{directory}/{name}-0"
        put(states[name], [])
    for step in range(max(map(len, ORDERS.values()))):
        running = [name for name, order in ORDERS.items() if step < len(order) and name not in answers]
        done = run_programs([[PYTHON, "-I", program, "fold", states[name], f"{directory}/batch-{ORDERS[name][step]}"]
                             for name in running], directory, SECONDS)
        for name, (status, output) in zip(running, done):
            if status != 0:
                answers[name] = (status, b"")
                continue
            states[name] = f"{directory}/{name}-{step + 1}"
            with open(states[name], "wb") as file:
                file.write(output)
    commands = {name: ["table", states[name]] for name in ORDERS if name not in answers}
    for name, lines in EXPECTED["damaged"].items():
        put(f"{directory}/damaged-{len(commands)}", lines)
        commands[name] = ["fold", states["in_order"], f"{directory}/damaged-{len(commands)}"]
    done = run_programs([[PYTHON, "-I", program, *words] for words in commands.values()], directory, SECONDS)
    return answers | dict(zip(commands, done))


def delivered():
    program = read_file(PROGRAM)
    expect(program.strip(), "the program is empty")
    compile(program, PROGRAM, "exec", dont_inherit=True)
    directory = tempfile.mkdtemp(prefix="batches-")
    try:
        with open(f"{directory}/fold.py", "wb") as file:
            file.write(program)
        answers.update(fold_all(directory))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def judge_table(status, output):
    expect(status is not None, f"no answer within {SECONDS} s")
    expect(status == 0, f"exit status {status} for sound batches")
    found = list(csv.reader(io.StringIO(output.decode("utf-8"), newline=""), strict=True))
    expect(found[:1] == TRUTH[:1], "the first record is not the header that was asked for")
    wrong = sum(record not in found for record in TRUTH)
    expect(not wrong, f"{wrong} of {len(TRUTH)} records are wrong or missing")
    expect(found == TRUTH, f"{len(found)} records instead of {len(TRUTH)}, or in another order")


def judge_damaged(status, output):
    expect(status == 3, f"exit status {status} for a damaged batch")
    expect(not output, "printed something for a damaged batch")


answers = {}
verdict = Verdict()
verdict.check("program_delivered", delivered)
for name in ORDERS:
    verdict.check(f"{name}_gives_the_table", lambda: judge_table(*answers[name]), needs=["program_delivered"])
# A program that refuses whatever it is given has understood nothing: refusals count beside a right table only.
for name in EXPECTED["damaged"]:
    verdict.check(f"{name}_is_refused", lambda: judge_damaged(*answers[name]), needs=["in_order_gives_the_table"])
verdict.write()
