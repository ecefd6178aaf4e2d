"""The table of the registered formats, for the page on formats."""

from zimg.io.formats.table import FORMATS


def table() -> str:
    """Return the table in Markdown, one row for each format."""
    lines = ["| Format | Suffixes | Read | Write | Extra |", "| --- | --- | --- | --- | --- |"]
    for each in FORMATS:
        suffixes = " ".join(f"`{suffix}`" for suffix in each.suffixes)
        extra = f"`{each.extra}`" if each.extra else "-"
        can = ["yes" if way else "no" for way in (each.reader, each.writer)]
        lines.append(f"| {each.name} | {suffixes} | {can[0]} | {can[1]} | {extra} |")
    return "\n".join(lines)
