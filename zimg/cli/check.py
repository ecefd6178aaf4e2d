"""``zimg check``: list errors and doubtful entries of SWC files."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from zimg.cli.showing import counted
from zimg.swc.check import Finding, check_file

MOST_OF_A_KIND = 5


def check_files(files: Sequence[Path], *, as_json: bool) -> bool:
    """Print the findings of each file; return whether there are no errors."""
    found = {str(file): check_file(file) for file in files}
    sys.stdout.write(_json(found) if as_json else "".join(map(_report, found, found.values())))
    return not any(finding.is_error for findings in found.values() for finding in findings)


def _json(found: dict[str, list[Finding]]) -> str:
    """One JSON object: the findings of each file, with ``error`` true or false."""
    files = {
        file: [asdict(finding) | {"error": finding.is_error} for finding in findings]
        for file, findings in found.items()
    }
    return json.dumps(files) + "\n"


def _report(file: str, findings: list[Finding]) -> str:
    """The first findings of each kind, one per line, and the number of the others."""
    errors = sum(finding.is_error for finding in findings)
    lines = [f"{file}: {counted(error=errors, warning=len(findings) - errors)}"]
    for kind in dict.fromkeys(finding.kind for finding in findings):
        alike = [finding for finding in findings if finding.kind == kind]
        lines += map(_line, alike[:MOST_OF_A_KIND])
        if len(alike) > MOST_OF_A_KIND:
            lines.append(f"  {len(alike) - MOST_OF_A_KIND} more: {kind}")
    return "\n".join(lines) + "\n"


def _line(finding: Finding) -> str:
    grade = "error" if finding.is_error else "warning"
    where = "" if finding.line is None else f"line {finding.line}: "
    node = "" if finding.id is None else f"node {finding.id}: "
    return f"  {grade}: {where}{node}{finding.text}"
