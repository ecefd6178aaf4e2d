"""``zimg subtract``: remove the nodes of a tree that lie inside other trees."""

import sys
from collections.abc import Sequence
from pathlib import Path

from zimg.workers import ZSwcSubtract


def subtract_files(
    file: Path, others: Sequence[Path], output: Path, *, legacy_order: bool, quiet: bool
) -> None:
    """Run the worker `ZSwcSubtract`."""
    worker = ZSwcSubtract()
    worker.setInputSwcFilename(str(file))
    worker.setSubtractSwcFilenames([str(other) for other in others])
    worker.setOutputSwcFilename(str(output))
    left, before = worker.run(legacy_order=legacy_order)
    if not quiet:
        sys.stdout.write(f"{output}: {left} of {before} nodes left\n")
