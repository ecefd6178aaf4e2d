"""Automatic traces compared with the reference: `python -m benchmarks.trace --phantom`.

Takes turns: in every round the reference traces, then scores seeds only, then each lane traces in a
fresh process. A ratio is reference / ours within one round, so above 1 is faster than the
reference; the tables show medians over rounds, `--json` keeps every run, and `--docs` writes the
medians of ours / theirs to ``docs/benchmarks/trace.json``. The reference is installed in an
environment of its own unless `--rival` or `ZIMG_REFERENCE_PYTHON` names an interpreter that has it;
see rival.py. Give TIFF files, `--phantom` for a generated volume, or both. A lane is a framework,
as ``numpy/generic`` without compiled code, as ``numpy/1`` on one thread, as
``numpy/1/accurate`` in accurate mode.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import tifffile

import zimg
from benchmarks import ours, rival, volumes
from benchmarks.summary import Summary, command

FRAMEWORKS = ("numpy", "numpy/1", "numpy/1/accurate", "numpy/generic", "torch", "jax")
COLUMNS = (
    "volume", "lane", "CPU", "wall", "seeds CPU", "seeds wall",
    "CPU s", "wall s", "seeds CPU s", "first call s", "bytes per voxel", "nodes",
)  # fmt: skip


@dataclass(frozen=True)
class Round:
    """One turn of everybody."""

    whole: rival.Run
    seeds: rival.Run
    lanes: dict[str, ours.Run]
    nodes: int


def play(volume: Path, lanes: list[str], dtype: str, z_to_xy: float, folder: Path) -> Round:
    """One turn; the order is the same in every round."""
    whole = rival.trace(volume, folder / "reference.swc", z_to_xy=z_to_xy)
    seeds = rival.trace(volume, folder / "seeds.swc", z_to_xy=z_to_xy, seeds_only=True)
    runs = {lane: ours.trace(volume, lane, dtype, z_to_xy=z_to_xy) for lane in lanes}
    nodes = len(zimg.ZSwc(whole.tree)) if whole.tree.exists() else 0
    return Round(whole, seeds, runs, nodes)


def rows(volume: Path, rounds: list[Round]) -> Iterator[list[str]]:
    """The reference in seconds, then each lane in ratios and seconds."""
    voxels = tifffile.imread(volume).size
    yield [volume.stem, "reference", *reference_cells(rounds, voxels)]
    for lane in rounds[0].lanes:
        yield [volume.stem, lane, *lane_cells(rounds, lane, voxels)]


def reference_cells(rounds: list[Round], voxels: int) -> list[str]:
    """Medians of the reference; it is the unit of all ratios."""
    runs = [turn.whole for turn in rounds]
    return [
        *["1"] * 4,
        middle([run.cpu for run in runs]),
        middle([run.wall for run in runs]),
        middle([turn.seeds.seed_cpu for turn in rounds]),
        "",
        middle([run.memory / voxels for run in runs], ".1f"),
        middle([turn.nodes for turn in rounds], ".0f"),
    ]


def lane_cells(rounds: list[Round], lane: str, voxels: int) -> list[str]:
    """Medians of one lane, ratios within each round first."""
    runs = [turn.lanes[lane] for turn in rounds]
    pairs = list(zip(rounds, runs, strict=True))
    return [
        middle([turn.whole.cpu / run.cpu for turn, run in pairs]),
        middle([turn.whole.wall / run.wall for turn, run in pairs]),
        middle([turn.seeds.seed_cpu / run.seed_cpu for turn, run in pairs]),
        middle([turn.seeds.seed_wall / run.seed_wall for turn, run in pairs]),
        middle([run.cpu for run in runs]),
        middle([run.wall for run in runs]),
        middle([run.seed_cpu for run in runs]),
        middle([run.first_wall for run in runs]),
        middle([run.memory / voxels for run in runs], ".1f"),
        middle([run.nodes for run in runs], ".0f"),
    ]


def summarize(summary: Summary, name: str, rounds: list[Round]) -> None:
    """Keep the ratios of each lane for the docs."""
    keys = ("cpu", "wall", "memory")
    theirs = [{key: getattr(turn.whole, key) for key in keys} for turn in rounds]
    for lane in rounds[0].lanes:
        own = [{key: getattr(turn.lanes[lane], key) for key in keys} for turn in rounds]
        summary.pair(f"{name}, {lane}", own, theirs)


def middle(values: Sequence[float], form: str = ".2f") -> str:
    """The median as text."""
    return format(median(values), form)


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("volumes", type=Path, nargs="*", help="TIFF files")
    parser.add_argument("--phantom", action="store_true", help="a generated 64x256x256 volume")
    parser.add_argument("--rival", help="a Python that has the reference")
    parser.add_argument("--json", type=Path, help="file for the figures of every run")
    parser.add_argument("--docs", action="store_true", help="write the figures of the docs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frameworks", nargs="+", default=list(FRAMEWORKS))
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--z-to-xy", type=float, default=1.0)
    options = parser.parse_args()
    if not options.volumes and not options.phantom:
        parser.error("give TIFF files, --phantom, or both")
    return options


def main() -> None:
    """Play all rounds of one volume after the other, and print the table as it grows."""
    options = arguments()
    rival.choose_interpreter(options.rival)
    played: dict[str, list[dict[str, Any]]] = {}
    summary = Summary(command())
    sys.stdout.write("| " + " | ".join(COLUMNS) + " |\n")
    sys.stdout.write("|---|---" + "|---:" * (len(COLUMNS) - 2) + "|\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [path.resolve() for path in options.volumes]
        if options.phantom:
            files.append(folder / "phantom.tif")
            tifffile.imwrite(files[-1], volumes.neuron(), photometric="minisblack")
        for file in files:
            turn = (file, options.frameworks, options.dtype, options.z_to_xy, folder)
            rounds = [play(*turn) for _ in range(options.rounds)]
            played[file.stem] = [asdict(turn) for turn in rounds]
            summarize(summary, file.stem, rounds)
            if options.docs:
                summary.save("trace")
            for row in rows(file, rounds):
                sys.stdout.write("| " + " | ".join(row) + " |\n")
                sys.stdout.flush()
    if options.json:
        text = json.dumps(played, default=str, indent=1)  # paths of trees as text
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
