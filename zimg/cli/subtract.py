"""``zimg subtract``: remove the nodes of a tree that lie inside other trees."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zimg.cli.showing import show
from zimg.workers import ZSwcSubtract


@dataclass(frozen=True, slots=True)
class Subtracted:
    """Counts of nodes: the object of ``--json``."""

    file: str
    output: str
    nodes_before: int
    nodes: int


def subtract_files(
    file: Path,
    others: Sequence[Path],
    output: Path,
    *,
    legacy_order: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run the worker `ZSwcSubtract`."""
    worker = ZSwcSubtract()
    worker.setInputSwcFilename(str(file))
    worker.setSubtractSwcFilenames([str(other) for other in others])
    worker.setOutputSwcFilename(str(output))
    left, before = worker.run(legacy_order=legacy_order)
    outcome = Subtracted(str(file), str(output), before, left)
    show(outcome, f"{output}: {left} of {before} nodes left", as_json=as_json, quiet=quiet)
