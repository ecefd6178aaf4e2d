"""A certificate as text, JSON and one HTML page."""

import html
import json
from dataclasses import asdict
from itertools import groupby

from ..tables import STYLE
from .promises import BROKEN, KEPT, Certificate, Promise

SCHEMA = 1
MARK = {KEPT: "+", BROKEN: "!", "not run": "."}


def verdict(certificate: Certificate) -> str:
    """Counts of all verdicts, in one line."""
    counts = {name: sum(p.verdict == name for p in certificate.promises) for name in MARK}
    summary = ", ".join(f"{number} {name}" for name, number in counts.items())
    return f"{len(certificate.promises)} promises: {summary}; {certificate.seconds:.0f} s"


def _by_group(certificate: Certificate) -> list[Promise]:
    """The promises by place and group: those that take long are checked after the others."""
    order = list(dict.fromkeys((p.place, p.group) for p in certificate.promises))
    return sorted(certificate.promises, key=lambda p: order.index((p.place, p.group)))


def as_text(certificate: Certificate, facts: dict[str, str]) -> str:
    """Promises with their marks (``+`` kept, ``!`` broken, ``.`` not run) and the versions."""
    lines = []
    for (group, place), found in groupby(_by_group(certificate), lambda p: (p.group, p.place)):
        lines += ["", f"{group}, {place}"]
        for each in found:
            lines += [
                f"  {MARK[each.verdict]} {each.text}",
                f"      {each.verdict}: {each.measured}",
            ]
    versions = ", ".join(f"{name} {value}" for name, value in facts.items())
    return "\n".join([*lines[1:], "", versions, verdict(certificate), ""])


def as_report(certificate: Certificate, facts: dict[str, str]) -> str:
    """The text as a code block for a report."""
    return f"```\n{as_text(certificate, facts)}```\n"


def as_json(certificate: Certificate, facts: dict[str, str]) -> str:
    """The certificate as JSON; `schema` is the version of its structure."""
    content = {
        "schema": SCHEMA,
        "versions": facts,
        "promises": [asdict(each) for each in certificate.promises],
        "seconds": round(certificate.seconds, 1),
        "report": as_report(certificate, facts),
    }
    return json.dumps(content, indent=1) + "\n"


def as_html(certificate: Certificate, facts: dict[str, str]) -> str:
    """The certificate as a self-contained page; checks that did not run are grey."""
    colours = {KEPT: "passed", BROKEN: "failed"}
    rows = "".join(
        f"<tr><td>{html.escape(f'{each.group}, {each.place}')}</td>"
        f"<td>{html.escape(each.text)}</td>"
        f'<td class="{colours.get(each.verdict, "grey")}">{each.verdict}</td>'
        f"<td>{html.escape(each.measured)}</td></tr>"
        for each in _by_group(certificate)
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>zimg certificate</title>'
        f"<style>{STYLE}td{{text-align:left}}.grey{{background:#ddd}}</style>"
        "<h1>zimg certificate</h1>"
        f"<table>{rows}</table><p>{html.escape(verdict(certificate))}</p>"
        f"<pre>{html.escape(as_report(certificate, facts))}</pre></html>\n"
    )
