"""``python -m zimg.conformance [--backend NAME]``: run the conformance suite."""

import argparse
import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path

NEEDED = ("pytest", "hypothesis", "array_api_strict")
NOTHING_RAN = 5
"""Exit status of pytest, and of this command, when nothing was there to run."""


def parsed(arguments: list[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """Parse the options of this command; the others are passed to pytest."""
    parser = argparse.ArgumentParser(
        prog="python -m zimg.conformance",
        description="Run the conformance suite on this machine and print a table.",
        epilog="Other arguments are passed to pytest, which then prints its own report too.",
        allow_abbrev=False,
    )
    parser.add_argument("--backend", metavar="NAME", help="only the lanes of this framework")
    parser.add_argument("--device", metavar="DEVICE", help="its device, such as cuda:0")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report as HTML")
    options, rest = parser.parse_known_args(arguments)
    if options.device and not options.backend:
        parser.error(f"--device {options.device}: requires --backend")
    return options, rest


def main(arguments: list[str] | None = None) -> int:
    """Run the suite of the installed package; return 0 if checks ran and none failed."""
    options, rest = parsed(arguments)
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        print(  # noqa: T201
            f'{missing[0]} is not installed: pip install "zimg-xp[conformance]"', file=sys.stderr
        )
        return 2
    if options.backend:
        os.environ["ZIMG_CONFORMANCE"] = "=".join(filter(None, (options.backend, options.device)))
    return run(options, rest)


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """Run pytest in this process, then print and write the report."""
    from . import machine, tables
    from .session import collected

    if problem := machine.problem(options.backend):
        print(problem, file=sys.stderr)  # noqa: T201
        return 2
    start = time.monotonic()
    status, report = collected(rest)
    seconds = time.monotonic() - start
    facts = {"versions": machine.versions(), "devices": machine.devices(report.lanes)}
    tables.show(report, facts, seconds, sys.stdout)
    if options.json:
        options.json.write_text(tables.as_json(report, facts, seconds), encoding="utf-8")
    if options.html:
        options.html.write_text(tables.as_html(report, facts, seconds), encoding="utf-8")
    return status or (0 if report.total["passed"] else NOTHING_RAN)


if __name__ == "__main__":
    sys.exit(main())
