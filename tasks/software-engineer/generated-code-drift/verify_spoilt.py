"""Judges a package by what it answers, and its generator by lists that it has never seen (expected.json)."""
import shutil
import tempfile
from decimal import Decimal

for part in ("verdict", "programs", "releases"):
    exec(compile(open(f"/tests/{part}.py").read(), f"/tests/{part}.py", "exec"))

TARGET = f"{PACKAGE}/_table.py"
SHOW = "import json, runpy, sys; print(json.dumps(runpy.run_path(sys.argv[1])['TABLE']))"


def generated_anew():
    """Runs the agent's generator on the agent's list and on another, and asks both packages."""
    for name in ("delivered", "release", "other"):
        put_checkout(f"{place}/{name}")
        put(f"{place}/{name}/tools/generate.py", read_file("/app/tools/generate.py"))
    put(f"{place}/delivered/{TARGET}", read_file(f"/app/{TARGET}"))
    put(f"{place}/other/spec/rates.csv", EXPECTED["held_out"]["list"].encode())
    commands = [[PYTHON, "-I", "-B", f"{place}/{name}/tools/generate.py"] for name in ("release", "other")]
    for name, (status, output) in zip(("release", "other"), run_programs(commands, place, SECONDS)):
        expect(status == 0 and output, f"the generator ended with status {status}")
        generated[name] = output
        put(f"{place}/{name}/{TARGET}", output)
    commands = {"delivered": ask_command(f"{place}/delivered"), "release": ask_command(f"{place}/release"),
                "suite": suite_command(f"{place}/release"),
                "other": [PYTHON, "-I", "-B", "-c", SHOW, f"{place}/other/{TARGET}"]}
    answers.update(zip(commands, run_programs(list(commands.values()), place, SECONDS)))


def fresh_table():
    expect(read_file(f"/app/{TARGET}") == generated["release"], "a release would change the file")


def other_list():
    status, output = answers["other"]
    expect(status == 0, f"the module cannot be loaded: status {status}")
    found, truth = json.loads(output), EXPECTED["held_out"]["table"]
    wrong = sum(code not in found or list(map(Decimal, found[code])) != list(map(Decimal, value))
                for code, value in truth.items())
    extra = len(found.keys() - truth.keys())
    expect(not wrong and not extra, f"{wrong} of {len(truth)} lines are wrong, {extra} have no place there")


def named():
    change = read_json("/app/answer.json").get("change")
    expect(isinstance(change, str), "change is not named")
    expect(change == EXPECTED["answer"]["change"], "change is another one")


place = tempfile.mkdtemp(prefix="release-")
verdict = Verdict()
verdict.check("change_is_named", named)
verdict.check("standing_corrections_are_in_the_list", corrections)
listed = ["standing_corrections_are_in_the_list"]
verdict.check("list_is_otherwise_unchanged", otherwise, needs=listed)
verdict.check("a_release_can_be_made", generated_anew, needs=listed)
made = ["a_release_can_be_made"]
verdict.check("other_list_is_right", other_list, needs=made)
verdict.check("table_is_fresh", fresh_table, needs=made)
verdict.check("prices_as_delivered", lambda: prices("delivered"), needs=made)
verdict.check("prices_after_a_release", lambda: prices("release"), needs=made)
verdict.check("tests_pass_after_a_release", lambda: expect(answers["suite"][0] == 0, "the package's tests fail"),
              needs=made)
verdict.check("others_files_untouched", protected, needs=listed)
shutil.rmtree(place, ignore_errors=True)
verdict.write()
