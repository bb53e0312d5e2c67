"""Judges a table by the truth that the changes were generated from (expected.json), not by the agent's inputs.

In T5 some columns are process: only who put the changes in the order in which they were made knows them.
"""
import csv
import io

exec(compile(open("/tests/verdict.py").read(), "/tests/verdict.py", "exec"))

EXPECTED = read_json("/tests/expected.json")
COLUMNS = EXPECTED["columns"]
TRUTH = {record[0]: record for record in EXPECTED["records"]}
table = []
found = {}


def delivered():
    content = read_file(EXPECTED["table"])
    expect(content, "the table is empty")
    expect(not content.startswith(b"\xef\xbb\xbf"), "the table starts with a byte order mark")
    table.extend(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    expect(table[:1] == [COLUMNS], "the first record is not the header that was asked for")
    ragged = sum(len(record) != len(COLUMNS) for record in table)
    expect(not ragged, f"{ragged} records do not have {len(COLUMNS)} fields")
    found.update({record[0]: record for record in table[1:]})


def nothing_missing():
    missing = len(TRUTH.keys() - found.keys())
    expect(not missing, f"{missing} that exist are missing")


def nothing_revived():
    extra = len(found.keys() - TRUTH.keys())
    expect(not extra, f"{extra} that do not exist are in the table")


def once_and_sorted():
    names = [record[0] for record in table[1:]]
    expect(len(names) == len(found), f"{len(names) - len(found)} are in the table more than once")
    expect(names == sorted(names), "the table is not sorted")


def column(name):
    at = COLUMNS.index(name)
    wrong = sum(found[key][at] != record[at] for key, record in TRUTH.items())
    expect(not wrong, f"{wrong} of {len(TRUTH)} values of {name} are wrong")


def summary():
    content = read_json(EXPECTED["summary"]["path"])
    wrong = [key for key, value in EXPECTED["summary"]["content"].items()
             if content.get(key) != value or isinstance(content.get(key), bool)]
    expect(not wrong, f"wrong or missing: {', '.join(wrong)}")


verdict = Verdict()
verdict.check("table_delivered", delivered)
verdict.check("nothing_is_missing", nothing_missing, needs=["table_delivered"])
verdict.check("nothing_is_revived", nothing_revived, needs=["nothing_is_missing"])
verdict.check("each_once_and_sorted", once_and_sorted, needs=["nothing_is_missing"])
for name in COLUMNS[1:]:
    verdict.check(f"{name}_is_right", lambda: column(name), needs=["nothing_is_missing"],
                  kind="process" if name in EXPECTED.get("process", ()) else "outcome")
verdict.check("summary", summary, needs=["table_delivered"])
for directory, digests in EXPECTED["untouched"].items():
    verdict.check(f"{directory.rpartition('/')[2]}_untouched", lambda: expect_untouched(directory, digests),
                  needs=["table_delivered"])
verdict.write()
