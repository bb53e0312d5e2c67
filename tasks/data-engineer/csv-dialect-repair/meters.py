"""T5: suppliers' exports with tables made by hand to compare with; next month the suppliers have other settings."""
from __future__ import annotations

import base64

from exports import contract_text, dialect, make_rows, render
from instance import Instance
from texts import NBSP, table_text

SUPPLIERS = ["amperia", "blaustrom", "gaz-de-l-est", "meridian", "northlight", "wattwerk"]


def adversarial(instance: Instance) -> None:
    chance = instance.chance
    names, month = chance.sample(SUPPLIERS, 3), chance.randrange(1, 12)
    orders = ["".join(chance.sample("01234", 5)) for _ in range(4)]
    delimiters, marks = chance.sample(",;\t|", 4), [(",", NBSP), (".", "'"), (",", ".")]
    given = [dialect("utf-8", delimiters[0], ".", ",", "%d.%m.%Y", orders[0]),
             dialect("cp1252", delimiters[1], *chance.choice(marks), "%d/%m/%Y", orders[1], "\n"),
             dialect("utf-16", delimiters[2], *chance.choice(marks), "%Y-%m-%d", orders[2])]
    later = [given[0] | {"decimal": ",", "thousands": "."}, given[1] | {"date": "%m/%d/%Y"},
             dialect("utf-8-sig", delimiters[3], *chance.choice(marks), "%m/%d/%Y", orders[3], "\n", True)]
    cases, samples, tables = {}, {}, {}

    def case(name: str, supplier: str, month: int, content: bytes, table: list | None, given: bool = False) -> None:
        cases[name] = {"file": f"{supplier}-{month:02d}.csv", "given": given, "table": table,
                       "content": base64.b64encode(content).decode()}

    for supplier, form in zip(names, given):
        rows = make_rows(chance, 44, False, month)
        file, table = f"{supplier}-{month:02d}.csv", contract_text(rows)
        samples[file], tables[file] = render(rows, form, False), table_text(table)
        case(f"{supplier}_as_made_by_hand", supplier, month, samples[file], table, True)
    changes = ("other_decimal_mark", "other_order_of_dates", "another_system")
    for name, supplier, form, whole in zip(changes, names, later, (True, False, False)):
        rows = make_rows(chance, 40, whole, month + 1)
        case(name, supplier, month + 1, render(rows, form, whole), contract_text(rows))
    rows = [row[:4] + [""] for row in make_rows(chance, 36, False, month + 1)]
    lines = render(rows, given[0], False).split(b"\r\n")
    at = chance.randrange(5, 30)
    case("lost_reading_is_refused", names[0], month + 1, b"\r\n".join(lines[:at] + lines[at + 1:]), None)
    rows[at][3] += 9
    changed = render(rows, given[0], False).split(b"\r\n")[:-2] + lines[-2:]
    case("changed_figure_is_refused", names[0], month + 1, b"\r\n".join(changed), None)
    untouched = {"/app/samples": instance.put_inputs("samples", samples),
                 "/app/by-hand": instance.put_inputs("by-hand", tables)}
    instance.put_texts(damaged=f"{names[0]}-{month:02d}.csv")
    instance.put_tests("verify_samples.py", ("programs.py",), {"cases": cases, "untouched": untouched})
