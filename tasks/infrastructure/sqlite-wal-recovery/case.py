"""What the cases with SQLite share."""
from __future__ import annotations

import random
from collections.abc import Mapping

from instance import Instance
from walfile import rows_of, schema_of


def put_case(instance: Instance, directory: str, files: Mapping[str, bytes], databases: dict, report: dict,
             **more: object) -> None:
    """`files`: evidence by name; `databases`: output path to (final state, tables, identity that is checked)."""
    instance.put_tests("verify.py", expected={
        "databases": {path: {"identity": identity, "schema": schema_of(state), "rows": rows_of(state, tables)}
                      for path, (state, tables, identity) in databases.items()},
        "report": {"path": "/app/recovered/report.json", "content": report},
        "evidence": {f"/app/{directory}": instance.put_inputs(directory, files)}, **more})


def salts(chance: random.Random) -> tuple[int, int]:
    return chance.randrange(1, 1 << 32), chance.randrange(1, 1 << 32)
