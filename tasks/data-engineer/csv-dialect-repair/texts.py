"""How numbers and tables are written down."""
from __future__ import annotations

import csv
import io

NBSP = "\u00a0"


def swapped(text: str, thousands: str, decimal: str) -> str:
    """1,234.50 with other separators."""
    return text.translate({ord(","): thousands, ord("."): decimal})


def table_text(rows: list[list], **form: str) -> str:
    out = io.StringIO()
    csv.writer(out, **form).writerows(rows)
    return out.getvalue()
