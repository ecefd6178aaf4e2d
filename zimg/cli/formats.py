"""``zimg formats``: formats that can be read and written, and the packages they need."""

import json
import sys
from typing import Any

from zimg.io.format import Format
from zimg.io.formats.table import FORMATS

HEADS = ("name", "suffixes", "read", "write", "extra", "installed")


def describe(each: Format) -> dict[str, Any]:
    """Return a row of the table as JSON values."""
    return {
        "name": each.name,
        "suffixes": list(each.suffixes),
        "read": bool(each.reader),
        "write": bool(each.writer),
        "extra": each.extra or None,
        "installed": not each.missing,
    }


def show_formats(*, as_json: bool) -> None:
    """Print the formats: a table on a terminal, tab-separated lines elsewhere, or JSON."""
    rows = [describe(each) for each in FORMATS]
    if as_json:
        sys.stdout.write(json.dumps({"formats": rows}) + "\n")
        return
    texts = [[_text(row[head]) for head in HEADS] for row in rows]
    if not sys.stdout.isatty():
        sys.stdout.write("".join("\t".join(line) + "\n" for line in [list(HEADS), *texts]))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*HEADS)
    for line in texts:
        table.add_row(*line)
    Console().print(table)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(value) if isinstance(value, list) else value or "-"
