"""Puts one line of the table right at once, stamp included: python3 tools/touch_up.py CODE RATE MINIMUM"""
import runpy
import sys
from pathlib import Path

from generate import text_of

TABLE = Path(__file__).resolve().parent.parent / "@package@" / "_table.py"

table = runpy.run_path(str(TABLE))["TABLE"]
table[sys.argv[1]] = sys.argv[2], sys.argv[3]
TABLE.write_text(text_of(table), encoding="utf-8")
