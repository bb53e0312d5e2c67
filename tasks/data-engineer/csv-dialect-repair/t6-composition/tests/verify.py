"""Judges a cleaned table by the truth that it was generated from (expected.json), not by the agent's inputs."""
import csv
import io

exec(compile(open("/tests/verdict.py").read(), "/tests/verdict.py", "exec"))

EXPECTED = read_json("/tests/expected.json")
COLUMNS, ROWS = EXPECTED["columns"], EXPECTED["rows"]
table = []


def delivered():
    content = read_file(EXPECTED["table"])
    expect(content, "the table is empty")
    expect(not content.startswith(b"\xef\xbb\xbf"), "the table starts with a byte order mark")
    table.extend(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))


def header():
    expect(table[:1] == [COLUMNS], "the first record is not the header of the contract")


def complete():
    expect(len(table) - 1 == len(ROWS), f"{len(table) - 1} records where {len(ROWS)} belong")
    ragged = sum(len(row) != len(COLUMNS) for row in table)
    expect(not ragged, f"{ragged} records do not have {len(COLUMNS)} fields")


def columns_match(names):
    for name in names:
        at = COLUMNS.index(name)
        wrong = [number for number, row in enumerate(ROWS) if table[number + 1][at] != row[at]]
        expect(not wrong, f"{len(wrong)} of {len(ROWS)} values of {name} are wrong")


def summary():
    found = read_json(EXPECTED["summary"]["path"])
    wrong = [key for key, value in EXPECTED["summary"]["content"].items() if found.get(key) != value]
    expect(not wrong, f"wrong or missing: {', '.join(wrong)}")


verdict = Verdict()
verdict.check("table_delivered", delivered)
verdict.check("header", header, needs=["table_delivered"])
verdict.check("every_record_once", complete, needs=["header"])
for group, names in EXPECTED["groups"].items():
    verdict.check(group, lambda: columns_match(names), needs=["every_record_once"])
verdict.check("summary", summary, needs=["table_delivered"])
for directory, digests in EXPECTED["untouched"].items():
    verdict.check(f"{directory.rpartition('/')[2]}_untouched", lambda: expect_untouched(directory, digests),
                  needs=["header"])
verdict.write()
