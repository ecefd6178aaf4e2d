"""Skeletons compared with those of the reference: `python -m tools.report_skeletonize`.

Writes docs/skeletonize-report.md: every recorded case, and labels of electron microscopy if
`ZIMG_REFERENCE_DATA` names the folder that holds ``real/manifest.json``. Their times are taken by
turns with the reference (`ZIMG_REFERENCE_PYTHON`, see benchmarks/pairs.py) and kimimaro
(`ZIMG_KIMIMARO_PYTHON`, an interpreter that has it) where these are set.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

import zimg
from benchmarks.skeleton_programs import TOOLS, Tools
from tests.reference.agreement import DATA, data_folder
from tests.reference.skeletons import cases, node_lines, p95, recorded_lines, shortfalls
from zimg import ZSwc, neutube_json
from zimg.swc.comparing import Comparison

PAGE = Path(__file__).resolve().parents[1] / "docs" / "skeletonize-report.md"
PRESETS = ("SKELETONIZE", "FLYEM_SKELETONIZE", "SKELETONIZE_FIB25_LEN40")

HEAD = """# Accuracy of skeletons

Written on {date} by `python -m tools.report_skeletonize`, on NumPy {numpy}. The reference is
neuTube's C++ library (PyPI package `zimg` 1.0.16); roots and positions are set to its own.
*Identical*: the node lines of both files are equal. Scores compare our tree with the recorded one,
as `zimg compare` does: F1 within 2 voxels, mean distance and the larger 95th percentile in voxels,
ratio of lengths, mean difference of radii. *Within limits*: those of
`tests/reference/skeletons.py`. Nodes differ where paths have equal cost: the reference takes the
path that its queue meets first, we take the first in raster order.

"""
SCORES = "| F1 | mean | p95 | length | radius |"
LABELS = """
## Labels of electron microscopy

The largest labels in 250 x 250 x 250 voxels of the medulla of *Drosophila* (FlyEM FIB-25, Takemura
et al. 2015, doi:10.1073/pnas.1509820112), each with the presets of the reference. Seconds are
medians, rounds: {rounds}; in each all take turns, reading the file and writing the tree included;
kimimaro is another method, it stands in the line of the preset without reduction.

"""


def scored(found: Comparison) -> str:
    """Cells of the scores."""
    numbers = (found.f1, found.esa, p95(found), found.length_ratio, found.radius.mean_abs)
    return " | ".join("" if number != number else f"{number:.3f}" for number in numbers)


def recorded() -> Iterator[str]:
    """The table of recorded cases, after a line that counts them."""
    rows, same, near = [], 0, 0
    for case in cases():
        tree = zimg.skeletonize(
            case.image, config=case.config, root="reference", positions="reference"
        )
        identical = node_lines(tree) == recorded_lines(case.expected)
        within = not shortfalls(tree, case)
        same, near = same + identical, near + within
        identity = "no result" if case.expected is None else "yes" if identical else "**no**"
        scores = " | " * 4
        if case.expected is not None:
            scores = scored(zimg.compare(tree, ZSwc(case.expected)))
        row = f"{case.volume} | {case.options} | {identity} | {scores}"
        rows.append(f"| {row} | {'yes' if within else '**no**'} |")
    yield f"## {len(rows)} recorded cases\n\n{same} are identical, {near} are within the limits.\n"
    yield (
        f"| volume | options | identical {SCORES} within limits |\n|---|---|---" + "|---" * 6 + "|"
    )
    yield from rows


def labels(most: int, rounds: int) -> Iterator[str]:
    """The table of so many labels, each with every preset."""
    folder = data_folder("real")
    volumes = json.loads((folder / "manifest.json").read_text())["volumes"]
    (entry,) = (volume for volume in volumes if "skeletons" in volume)
    found = entry["skeletons"]
    volume = tifffile.imread(folder / entry["file"])
    yield LABELS.format(rounds=rounds)
    with tempfile.TemporaryDirectory() as name, Tools(Path(name)) as tools:
        columns = " | ".join(f"{tool} s" for tool in tools.names)
        yield f"| label | voxels | preset {SCORES} {columns} |"
        yield "|---" * (8 + len(tools.names)) + "|"
        for label in found["per_label"][:most]:
            mask = np.where(volume == label["label"], np.uint8(255), np.uint8(0))
            tifffile.imwrite(Path(name) / "mask.tif", mask, photometric="minisblack")
            recorded_in = folder / found["folder"]
            for preset in PRESETS:
                tree = zimg.skeletonize(
                    mask, config=preset, root="reference", positions="reference"
                )
                expected = ZSwc(recorded_in / f"label{label['label']}.{preset}.swc")
                head = f"| {label['label']} | {label['voxels']} | {preset} |"
                scores = scored(zimg.compare(tree, expected))
                yield f"{head} {scores} | {_times(tools, preset, rounds)} |"


def _times(tools: Tools, preset: str, rounds: int) -> str:
    """Median seconds of every tool; of kimimaro only where nothing is reduced."""
    request: dict[str, Any] = {"volume": "mask.tif", "config": getattr(neutube_json, preset)}
    skipped = () if preset == PRESETS[0] else (TOOLS[-1],)
    medians = tools.medians(request, rounds, skipped=skipped)
    return " | ".join(f"{medians[name]:.2f}" if name in medians else "" for name in tools.names)


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--labels", type=int, default=8, help="how many, the largest first")
    options = parser.parse_args()
    head = HEAD.format(date=date.today(), numpy=np.__version__)
    lines = [head.rstrip("\n"), "", *recorded()]
    if DATA in os.environ and options.labels:
        lines += labels(options.labels, options.rounds)
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{PAGE}: {len(lines)} lines\n")


if __name__ == "__main__":
    main()
