"""Print results of commands and write preview pictures."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from zimg._typing import Array
from zimg.swc import ZSwc
from zimg.view import preview, write_png
from zimg.view.sheet import Tile, sheet


def show(outcome: Any, line: str, *, as_json: bool, quiet: bool) -> None:
    """Print a dataclass as JSON, as a summary line, or not at all."""
    if as_json:
        sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
    elif not quiet:
        sys.stdout.write(line + "\n")


def counted(**counts: int) -> str:
    """Counts with their nouns, in the plural unless the count is 1."""
    return ", ".join(f"{n} {noun}{'s' * (n != 1)}" for noun, n in counts.items())


def write_preview(path: Path, volume: Array, tree: ZSwc, *, z_to_xy: float) -> None:
    """Write projections of a volume, without and with its tree, as a PNG file."""
    path.absolute().parent.mkdir(parents=True, exist_ok=True)
    write_png(path, preview(volume, tree, z_to_xy=z_to_xy, voxel_size=tree.voxel_size))


def write_sheet(path: Path, tiles: list[Tile]) -> None:
    """Write a contact sheet as a PNG file, unless there are no tiles."""
    if tiles:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        write_png(path, sheet(tiles))
