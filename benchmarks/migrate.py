"""Scripts of the migration pages, before and after, on drawn data: `python -m benchmarks.migrate`.

The code is that of the pages (docs/migrate): each "before" runs in an interpreter that has the
other package, each "after" in this one, in folders of their own with the same inputs. Both are
compared with the trees that were drawn.
"""

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

import zimg
from zimg.cli.demo import as_image
from zimg.phantom import neuron

PAGES = Path(__file__).resolve().parents[1] / "docs" / "migrate"
NANOMETRES = (16.0, 16.0, 40.0)
"""Size of the voxels of the labels along x, y, z."""

LABELS = (28, 128, 128)
COUNT = 8
"""Number of labels."""

LOAD_LABELS = "import numpy\nlabels = numpy.load('labels.npy')\n"
WARM_UP = 2
"""Runs of a script; the last one is measured, since the first one compiles."""


class Result(NamedTuple):
    """Scores of the trees of a script, and its CPU seconds with all imports."""

    nodes: int
    precision: float
    recall: float
    seconds: float


def code(page: str) -> dict[str, str]:
    """Python blocks in the tabs of a page, by the title of the tab."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    found = re.findall(r'^=== "(.+?)"\n\n    ```python\n(.*?)    ```', text, flags=re.M | re.S)
    return {title: textwrap.dedent(block) for title, block in found}


def write_labels(folder: Path) -> dict[str, zimg.ZSwc]:
    """Drawn neurons as labels in ``(X, Y, Z)`` order; returns their trees in nm, by file name."""
    labels = np.zeros((*LABELS[:2], COUNT * LABELS[2]), dtype=np.uint8)
    gold = {}
    for row in range(COUNT):
        shift = (row * LABELS[2], 0, 0)
        drawn = neuron(row, LABELS).tree
        body = np.asarray(drawn.rasterize(LABELS, spacing=(1.0, 1.0, 2.5)))
        labels[..., shift[0] : shift[0] + LABELS[2]] = (row + 1) * body
        gold[f"{row + 1}.swc"] = drawn.translated(shift).scaled(NANOMETRES)
    np.save(folder / "labels.npy", labels.transpose(2, 1, 0))
    return gold


def write_cell(folder: Path) -> dict[str, zimg.ZSwc]:
    """A drawn neuron with the size of its voxels; returns its tree."""
    drawn = neuron()
    zimg.write(folder / "cell.tif", as_image(drawn))
    return {"cell.swc": drawn.tree}


def run(python: str, script: str, folder: Path) -> float:
    """CPU seconds of a script in a folder."""
    for _ in range(WARM_UP):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([python, "-P", "-c", script], cwd=folder, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(
    python: str,
    script: str,
    prepare: Callable[[Path], dict[str, zimg.ZSwc]],
    voxel: Sequence[float] = (1.0, 1.0, 1.0),
    tolerance: float = 2.0,
) -> Result:
    """Run a script on fresh inputs and score what it saves."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gold = prepare(folder)
        seconds = run(python, script, folder)
        trees = {each: zimg.ZSwc(folder / each) for each in gold}
    for tree in (*trees.values(), *gold.values()):
        tree.unit = None
    scores = [
        zimg.compare(trees[each], gold[each], voxel_size=voxel, tolerance=tolerance, step=tolerance)
        for each in gold
    ]
    nodes = sum(map(len, trees.values()))
    precision = float(np.mean([each.precision for each in scores]))
    recall = float(np.mean([each.recall for each in scores]))
    return Result(nodes, precision, recall, seconds)


def of_kimimaro(python: str) -> dict[str, Result]:
    """The scripts of the page on kimimaro."""
    blocks = code("kimimaro")
    near = 2 * NANOMETRES[2]
    return {
        name: measured(each, LOAD_LABELS + blocks[title], write_labels, tolerance=near)
        for name, title, each in (
            ("kimimaro", "before", python),
            ("here", "after", sys.executable),
        )
    }


def of_neutube(python: str) -> dict[str, Result]:
    """The scripts of the page on neuTube's package."""
    blocks = code("neutube")
    worker, function = blocks["before and after: the class"], blocks["after: the function"]
    rows = (
        ("the class, neuTube's package", worker, python),
        ("the class, here", worker, sys.executable),
        ("the function, here", function, sys.executable),
    )
    return {
        name: measured(each, script, write_cell, voxel=(1.0, 1.0, 2.0))
        for name, script, each in rows
    }


def main() -> None:
    """Print a table for the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", choices=["kimimaro", "neutube"])
    parser.add_argument("python", help="interpreter that has the other package")
    options = parser.parse_args()
    results = (of_kimimaro if options.page == "kimimaro" else of_neutube)(options.python)
    lines = ["| script | nodes | precision | recall | CPU s |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {name} | {each.nodes} | {each.precision:.3f} | {each.recall:.3f} | {each.seconds:.1f} |"
        for name, each in results.items()
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
