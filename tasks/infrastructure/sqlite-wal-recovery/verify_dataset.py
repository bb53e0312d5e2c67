"""Judges a restored command log by the data it leads to (expected.json), not by the agent's evidence."""
for part in ("verdict", "commandlog"):
    exec(compile(open(f"/tests/{part}.py").read(), f"/tests/{part}.py", "exec"))

EXPECTED = read_json("/tests/expected.json")
TRUTH = EXPECTED["data"]
found = {}


def delivered():
    content = read_file(EXPECTED["log"])
    expect(content, "the log is empty")
    try:
        for words in commands(content):
            expect(words[0] not in ("MULTI", "EXEC"), "the log has groups in it")
            apply(found, words)
    except Broken:
        raise Failed("the log is not a sequence of whole commands") from None


def stands_alone():
    beside = [name for name in files_below("/app/restored") if name not in ("appendonly.aof", "report.json")]
    expect(not beside, f"{len(beside)} other files lie beside the log")


def all_applied():
    missing = len(TRUTH.keys() - found.keys())
    expect(not missing, f"{missing} keys are missing")


def nothing_else():
    extra = len(found.keys() - TRUTH.keys())
    expect(not extra, f"{extra} keys should not be there")


def values(kind, name):
    wrong = sum(found[key] != value for key, value in TRUTH.items() if isinstance(value, kind))
    expect(not wrong, f"{wrong} {name} are wrong")


def report():
    content = read_json(EXPECTED["report"]["path"])
    wrong = [key for key, value in EXPECTED["report"]["content"].items()
             if content.get(key) != value or isinstance(content.get(key), bool)]
    expect(not wrong, f"wrong or missing: {', '.join(wrong)}")


verdict = Verdict()
verdict.check("log_delivered", delivered)
verdict.check("log_stands_alone", stands_alone, needs=["log_delivered"])
verdict.check("all_keys", all_applied, needs=["log_delivered"])
verdict.check("no_other_keys", nothing_else, needs=["all_keys"])
for kind, name in ((str, "texts_and_counters"), (dict, "hashes"), (list, "lists")):
    verdict.check(f"{name}_are_right", lambda: values(kind, name), needs=["all_keys"])
verdict.check("report", report, needs=["log_delivered"])
for directory, digests in EXPECTED["evidence"].items():
    verdict.check("evidence_untouched", lambda: expect_untouched(directory, digests), needs=["log_delivered"])
verdict.write()
