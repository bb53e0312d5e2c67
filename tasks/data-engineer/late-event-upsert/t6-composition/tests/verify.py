"""Judges a table by the truth that the changes were generated from (expected.json), not by the agent's inputs.

Where a history is asked for, its shape is outcome like the table; what stood in between is known to those only who put
the changes in order, and is process.
"""
import csv
import io

exec(compile(open("/tests/verdict.py").read(), "/tests/verdict.py", "exec"))

EXPECTED = read_json("/tests/expected.json")
COLUMNS = EXPECTED["columns"]
TRUTH = {record[0]: record for record in EXPECTED["records"]}
table = []
found = {}
history = []


def read_table(path, columns, into):
    content = read_file(path)
    expect(content, "the table is empty")
    expect(not content.startswith(b"\xef\xbb\xbf"), "the table starts with a byte order mark")
    into.extend(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    expect(into[:1] == [columns], "the first record is not the header that was asked for")
    ragged = sum(len(record) != len(columns) for record in into)
    expect(not ragged, f"{ragged} records do not have {len(columns)} fields")


def delivered():
    read_table(EXPECTED["table"], COLUMNS, table)
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


def history_delivered():
    expected = EXPECTED["history"]
    read_table(expected["path"], expected["columns"], history)
    expect(sorted(record[0] for record in history[1:]) == sorted(record[0] for record in expected["records"]),
           "it does not have each change once")


def history_column(names, message):
    expected = EXPECTED["history"]
    places = [expected["columns"].index(name) for name in names]
    wrong = sum([record[at] for at in places] != [right[at] for at in places]
                for record, right in zip(history[1:], expected["records"]))
    expect(not wrong, f"{wrong} of {len(expected['records'])} records {message}")


verdict = Verdict()
verdict.check("table_delivered", delivered)
verdict.check("nothing_is_missing", nothing_missing, needs=["table_delivered"])
verdict.check("nothing_is_revived", nothing_revived, needs=["nothing_is_missing"])
verdict.check("each_once_and_sorted", once_and_sorted, needs=["nothing_is_missing"])
for name in COLUMNS[1:]:
    verdict.check(f"{name}_is_right", lambda: column(name), needs=["nothing_is_missing"])
verdict.check("summary", summary, needs=["table_delivered"])
for directory, digests in EXPECTED["untouched"].items():
    verdict.check(f"{directory.rpartition('/')[2]}_untouched", lambda: expect_untouched(directory, digests),
                  needs=["table_delivered"])
if "history" in EXPECTED:
    verdict.check("history_has_each_change_once", history_delivered, needs=["table_delivered"])
    verdict.check("history_in_the_order_made", lambda: history_column(["change", "at"], "are at another's place"),
                  needs=["history_has_each_change_once"], kind="process")
    verdict.check("history_states_in_between", lambda: history_column(["change", *COLUMNS[:-1]], "show another state"),
                  needs=["history_has_each_change_once"], kind="process")
verdict.write()
