"""A report as a table for the terminal, as JSON and as one HTML page."""

import html
import json
from collections import Counter
from dataclasses import asdict
from typing import TextIO

from rich.console import Console
from rich.table import Table

from .report import OUTCOMES, Report

SCHEMA = 1
STYLE = (
    "body{font:15px system-ui;margin:2em}table{border-collapse:collapse}"
    "td,th{border:1px solid #bbb;padding:.3em .7em;text-align:right}"
    "td:first-child,th:first-child{text-align:left}.failed{background:#f8c9c4}"
    ".known{background:#fbeab8}.passed{background:#d5efd2}pre{background:#f4f4f4;padding:1em}"
)


def cell_text(cell: Counter[str]) -> str:
    """``12``; ``12 1 known 2 FAILED``; ``skipped``; or ``-`` where there is no check."""
    parts = [str(cell["passed"])] if cell["passed"] else []
    parts += [f"{cell['known']} known"] if cell["known"] else []
    parts += [f"{cell['failed']} FAILED"] if cell["failed"] else []
    return " ".join(parts) or ("skipped" if cell["skipped"] else "-")


def rows(report: Report) -> list[list[str]]:
    """Texts of the table, head first."""
    body = [
        [row, *(cell_text(report.cell(row, lane)) for lane in report.lanes)]
        for row in report.capabilities
    ]
    return [["capability", *report.lanes], *body]


def total_line(report: Report, seconds: float) -> str:
    """One line with the number of checks of each outcome."""
    counts = ", ".join(f"{report.total[outcome]} {outcome}" for outcome in OUTCOMES)
    return f"total: {counts} in {seconds:.0f} s"


def show(report: Report, facts: dict[str, dict[str, str]], seconds: float, out: TextIO) -> None:
    """Write the table, skipped and failed checks with reasons, versions and the total."""
    if out.isatty():
        Console(file=out).print(_coloured(report))
    else:
        out.write(_plain(rows(report)))
    for check in report.of("failed"):
        out.write(f"\nFAILED {check.name}\n{check.reason}\n")
    for check in report.of("known"):
        out.write(f"known: {check.name}: {check.reason}\n")
    for (lane, reason), count in report.skips().items():
        out.write(f"skipped: {lane}: {count} checks: {reason}\n")
    for title, pairs in facts.items():
        out.write(f"{title}: {', '.join(f'{k} {v}' for k, v in pairs.items())}\n")
    out.write(total_line(report, seconds) + "\n")


def _plain(texts: list[list[str]]) -> str:
    """Columns padded with blanks."""
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = (
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        for row in texts
    )
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _coloured(report: Report) -> Table:
    head, *body = rows(report)
    table = Table(*head)
    for row in body:
        table.add_row(row[0], *(f"[{_colour(text)}]{text}[/]" for text in row[1:]))
    return table


def _colour(text: str) -> str:
    return "red" if "FAILED" in text else "yellow" if "known" in text else "green"


def as_json(report: Report, facts: dict[str, dict[str, str]], seconds: float) -> str:
    """The report as JSON, documented in the guide; `schema` is the version of its structure."""
    table = {
        row: {
            lane: {o: report.cell(row, lane)[o] for o in OUTCOMES}
            for lane in dict.fromkeys(c.lane for c in report.checks if c.capability == row)
        }
        for row in report.capabilities
    }
    skipped = [
        {"lane": lane, "reason": reason, "checks": count}
        for (lane, reason), count in report.skips().items()
    ]
    content = {
        "schema": SCHEMA,
        **facts,
        "capabilities": table,
        "total": {outcome: report.total[outcome] for outcome in OUTCOMES},
        "failed": [asdict(check) for check in report.of("failed")],
        "known": [asdict(check) for check in report.of("known")],
        "skipped": skipped,
        "seconds": round(seconds, 1),
    }
    return json.dumps(content, indent=1) + "\n"


def as_html(report: Report, facts: dict[str, dict[str, str]], seconds: float) -> str:
    """The report as a self-contained HTML page."""
    head, *body = rows(report)
    lines = [f"<tr>{''.join(f'<th>{html.escape(text)}</th>' for text in head)}</tr>"]
    lines += [f"<tr>{_html_cell(r[0], '')}{''.join(map(_html_cell, r[1:]))}</tr>" for r in body]
    failures = "".join(f"{check.name}\n{check.reason}\n\n" for check in report.of("failed"))
    notes = [f"known: {check.name}: {check.reason}" for check in report.of("known")]
    notes += [f"skipped: {lane}: {n}: {why}" for (lane, why), n in report.skips().items()]
    notes += [f"{title}: {name} {value}" for title, p in facts.items() for name, value in p.items()]
    items = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>zimg conformance</title>'
        f"<style>{STYLE}</style><h1>zimg conformance</h1><table>{''.join(lines)}</table>"
        f"<p>{html.escape(total_line(report, seconds))}</p>"
        f"{f'<pre>{html.escape(failures)}</pre>' if failures else ''}<ul>{items}</ul></html>\n"
    )


def _html_cell(text: str, kind: str | None = None) -> str:
    found = "failed" if "FAILED" in text else "known" if "known" in text else "passed"
    kind = kind if kind is not None else found if text[0].isdigit() else ""
    return f'<td class="{kind}">{html.escape(text)}</td>'
