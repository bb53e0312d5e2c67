"""Judges a package by what it answers as delivered, and by what its sources show of how that came about."""
import shutil
import tempfile

for part in ("verdict", "programs", "releases"):
    exec(compile(open(f"/tests/{part}.py").read(), f"/tests/{part}.py", "exec"))


def delivered():
    put_checkout(f"{place}/delivered")
    commands = {"delivered": ask_command(f"{place}/delivered"), "suite": suite_command(f"{place}/delivered")}
    answers.update(zip(commands, run_programs(list(commands.values()), place, SECONDS)))
    expect(answers["suite"][0] == 0, "the package's tests fail")


def differences():
    text = read_file("/app/reports/differences.csv").decode("utf-8")
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    expect(header == ["code", "table", "list", "right"], "another header")
    truth = EXPECTED["differences"]
    expect([row[0] for row in rows] == [row[0] for row in truth], f"not the {len(truth)} codes that differ, in order")
    wrong = sum(row != right for row, right in zip(rows, truth))
    expect(not wrong, f"{wrong} of {len(truth)} lines are wrong")


def next_release():
    make_release()
    answers["release"], = run_programs([ask_command(f"{place}/release")], place, SECONDS)
    prices("release")


place = tempfile.mkdtemp(prefix="release-")
verdict = Verdict()
verdict.check("tests_pass", delivered)
verdict.check("prices_as_delivered", lambda: prices("delivered"), needs=["tests_pass"])
verdict.check("others_files_untouched", protected, needs=["tests_pass"])
verdict.check("corrections_are_in_the_list", corrections, kind="process")
listed = ["corrections_are_in_the_list"]
verdict.check("list_is_otherwise_unchanged", otherwise, needs=listed, kind="process")
verdict.check("prices_after_a_release", next_release, needs=listed, kind="process")
verdict.check("table_is_fresh", lambda: fresh(f"{PACKAGE}/_table.py"), needs=["prices_after_a_release"], kind="process")
verdict.check("differences_are_listed", differences, kind="process")
shutil.rmtree(place, ignore_errors=True)
verdict.write()
