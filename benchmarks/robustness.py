"""Self-agreement of traces: does a tree stay the same where the image says the same?

    ZIMG_REFERENCE_DATA=DATA python -m benchmarks.robustness [--set real|drawn]
        [--side ours|reference] [--changes NAME,...] [--json FILE] [VOLUME...]
    python -m benchmarks.robustness --table --json FILE

Each volume is traced as it is and after a change that a tracer should not notice. The figures are
F1 within 2 voxels between the two trees, in the frame of the first. ``--side reference`` runs the
reference in a process of its own (`ZIMG_REFERENCE_PYTHON`). ``--json`` adds the figures to those of
FILE; ``--table`` prints the table of FILE and measures nothing.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile
from numpy.typing import NDArray

import zimg
from benchmarks import rival
from benchmarks.accuracy import cases, read
from zimg.phantom import neurite, neuron
from zimg.swc.comparing import compare

Volume = NDArray[np.generic]
Shape = tuple[int, ...]
Size = tuple[float, float, float]
Figures = dict[str, dict[str, dict[str, float | None]]]
"""Agreement by side, volume and change; None where the volume itself has no trace."""

EDGE = 8


class Change(NamedTuple):
    """A change of the image, and its reverse for trees; z_to_xy stays."""

    image: Callable[[Volume], Volume]
    back: Callable[[zimg.ZSwc, Shape], zimg.ZSwc] = lambda tree, _: tree
    lost: int = 0
    """Voxels that the image loses at each of its four sides."""


class Sample(NamedTuple):
    """A volume, the ratio of its voxels, and the voxel size in which trees are compared."""

    volume: Volume
    z_to_xy: float
    size: Size


def moved(x: float, y: float, z: float = 0.0) -> Callable[[zimg.ZSwc, Shape], zimg.ZSwc]:
    """Trees moved by a step."""
    return lambda tree, _: tree.translated((x, y, z))


def cropped(by: int) -> Change:
    """The image without a margin on its four sides."""
    return Change(lambda image: image[:, by:-by, by:-by].copy(), moved(by, by), by)


def mirrored(axis: int) -> Change:
    """The image turned around along one of its axes z, y, x."""

    def back(tree: zimg.ZSwc, shape: Shape) -> zimg.ZSwc:
        turned = tree.translated((0.0, 0.0, 0.0))
        turned.xyz[:, 2 - axis] = shape[axis] - 1 - turned.xyz[:, 2 - axis]
        return turned

    return Change(lambda image: np.flip(image, axis).copy(), back)


def exchanged(tree: zimg.ZSwc, _: Shape) -> zimg.ZSwc:
    """x and y of a tree exchanged."""
    turned = tree.translated((0.0, 0.0, 0.0))
    turned.xyz[:, :2] = tree.xyz[:, 1::-1]
    return turned


def padded(image: Volume) -> Volume:
    """Background of the image's own noise around it."""
    low = image[np.unravel_index(np.argsort(image, axis=None)[: image.size // 2], image.shape)]
    shape = (image.shape[0], image.shape[1] + 2 * EDGE, image.shape[2] + 2 * EDGE)
    around = np.random.default_rng(0).choice(low, shape).astype(image.dtype)
    around[:, EDGE:-EDGE, EDGE:-EDGE] = image
    return around


def hot(image: Volume) -> Volume:
    """One voxel far above all others."""
    out = image.astype(np.float32 if image.dtype.kind == "f" else np.uint16)
    out[image.shape[0] // 2, 3, 4] = 10_000
    return out


def gamma(power: float) -> Change:
    """Grey values between the extremes, raised to a power."""

    def bent(image: Volume) -> Volume:
        top = float(image.max())
        return np.asarray(np.rint((image / top) ** power * top), dtype=image.dtype)

    return Change(bent)


CHANGES = {
    "crop 3": cropped(3),
    "crop 8": cropped(EDGE),
    "crop 15": cropped(15),
    "pad 8": Change(padded, moved(-EDGE, -EDGE)),
    "mirror x": mirrored(2),
    "mirror y": mirrored(1),
    "mirror z": mirrored(0),
    "exchange xy": Change(lambda image: image.swapaxes(1, 2).copy(), exchanged),
    "16 bit": Change(lambda image: image.astype(np.uint16)),
    "times 2": Change(lambda image: image.astype(np.uint16) * 2),
    "plus 50": Change(lambda image: image.astype(np.uint16) + 50),
    "times 16 plus 1000": Change(lambda image: image.astype(np.uint16) * 16 + 1000),
    "float": Change(lambda image: image.astype(np.float32)),
    "float / 1000": Change(lambda image: (image / 1000).astype(np.float32)),
    "hot voxel": Change(hot),
    "gamma 0.7": gamma(0.7),
    "gamma 1.4": gamma(1.4),
    "inverted": Change(lambda image: 255 - image),
}
"""Changes that should not be noticed; each is measured against the trace of the volume itself."""

OURS_ALONE = ("inverted",)
"""Changes for which the reference has no option."""


def inside(tree: zimg.ZSwc, shape: Shape, lost: int) -> zimg.ZSwc:
    """The nodes of a finely sampled tree that a crop shows."""
    fine = tree.resampled(1.0)
    x, y = fine.xyz[:, 0], fine.xyz[:, 1]
    keep = (x >= lost) & (x < shape[2] - lost) & (y >= lost) & (y < shape[1] - lost)
    return zimg.ZSwc.from_arrays(fine.xyz[keep], fine.radius[keep], np.full(keep.sum(), -1))


def ours(volume: Volume, z_to_xy: float, change: str) -> zimg.ZSwc:
    """Trace in the default mode."""
    return zimg.trace(volume, z_to_xy=z_to_xy, invert=change == "inverted")


def reference(volume: Volume, z_to_xy: float, _: str) -> zimg.ZSwc:
    """Trace with the reference; an empty tree where it finds nothing."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder, "image.tif")
        tifffile.imwrite(image, volume, photometric="minisblack")
        run = rival.trace(image, Path(folder, "tree.swc"), z_to_xy=z_to_xy)
        return zimg.ZSwc(run.tree) if run.tree.exists() else zimg.ZSwc()


SIDES = {"ours": ours, "reference": reference}


def agreements(sample: Sample, side: str, changes: list[str]) -> dict[str, float | None]:
    """F1 between the trace of a volume and that of each change of it."""
    volume, ratio, size = sample
    trace = SIDES[side]
    first = trace(volume, ratio, "")
    found: dict[str, float | None] = {}
    for name in changes:
        if side == "reference" and name in OURS_ALONE:
            continue
        change = CHANGES[name]
        if not len(first):
            found[name] = None
            continue
        tree = change.back(trace(change.image(volume), ratio, name), volume.shape)
        expected = inside(first, volume.shape, change.lost) if change.lost else first
        found[name] = compare(tree, expected, voxel_size=size).f1 if len(tree) else 0.0
    return found


def samples(chosen: str, names: list[str]) -> dict[str, Sample]:
    """Volumes to measure."""
    if chosen == "drawn":
        phantom = neuron()
        found = {
            "phantom": Sample(phantom.volume, phantom.z_to_xy, (1.0, 1.0, phantom.z_to_xy)),
            "neurite": Sample(neurite().volume, 1.0, (1.0, 1.0, 1.0)),
        }
    else:
        found = {
            name: Sample(read(case.image), case.z_to_xy, case.spacing)
            for name, case in cases("real").items()
        }
    return {name: found[name] for name in names or found}


def table(figures: Figures) -> str:
    """Mean and worst agreement for each change, in Markdown."""
    lines = [
        "| change | volumes | mean | worst | reference, mean | reference, worst |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for change in CHANGES:
        cells = [_cells(figures.get(side, {}), change) for side in SIDES]
        count = max(cells[0][0], cells[1][0], key=int)
        if count != "0":
            lines.append("| " + " | ".join([change, count, *cells[0][1:], *cells[1][1:]]) + " |")
    return "\n".join(lines) + "\n"


def _cells(rows: Mapping[str, Mapping[str, float | None]], change: str) -> tuple[str, str, str]:
    """Number of volumes, their mean, and the worst one with its name."""
    known = {name: row[change] for name, row in rows.items() if row.get(change) is not None}
    values = {name: value for name, value in known.items() if value is not None}
    if not values:
        return "0", "", ""
    worst = min(values, key=values.__getitem__)
    mean = sum(values.values()) / len(values)
    return str(len(values)), f"{mean:.3f}", f"{values[worst]:.3f} ({worst})"


def kept(path: Path | None) -> dict[str, Any]:
    """What FILE holds, or the beginning of it."""
    if path is not None and path.exists():
        held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return held
    return {"agreement": {}}


def add(path: Path | None, side: str, name: str, found: dict[str, float | None]) -> None:
    """Add the figures of one volume to FILE."""
    if path is None:
        return
    held = kept(path)
    held["measured"] = date.today().isoformat()
    held["machine"] = f"{platform.machine()}, {os.cpu_count()} cores"
    held["command"] = "python -m benchmarks.robustness --json FILE"
    row = held["agreement"].setdefault(side, {}).setdefault(name, {})
    row |= {key: None if value is None else round(value, 4) for key, value in found.items()}
    path.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure what was asked for, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", default="real", choices=("real", "drawn"))
    parser.add_argument("--side", default="ours", choices=tuple(SIDES))
    parser.add_argument("--changes", default=",".join(CHANGES))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    if given.table:
        sys.stdout.write(table(kept(given.json)["agreement"]))
        return
    warnings.simplefilter("ignore", zimg.TraceWarning)
    changes = given.changes.split(",")
    measured: Figures = {given.side: {}}
    for name, sample in samples(given.set, given.names).items():
        found = agreements(sample, given.side, changes)
        measured[given.side][name] = found
        add(given.json, given.side, name, found)
        worst = min((value for value in found.values() if value is not None), default=None)
        sys.stdout.write(f"{name}: worst {worst} {found}\n")
        sys.stdout.flush()
    sys.stdout.write(table(measured))


if __name__ == "__main__":
    main()
