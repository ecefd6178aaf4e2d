"""Accuracy on changed copies of volumes with known trees: does a rule flip where it should not?

    ZIMG_REFERENCE_DATA=DATA python -m benchmarks.perturbed [--set real|synthetic|all]
        [--changes NAME;...] [--json FILE] [NAME...]

Each change leaves the neuron as visible as it was. The tree is moved back into the frame of the
image and compared with the known tree as in `benchmarks.accuracy`. Printed are F1, its difference
from the unchanged image, and what accurate mode decided. `--json` adds the rows to a file, and
leaves out those that are in it.
"""

import argparse
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import zimg
from benchmarks.accuracy import Case, Volume, add, cases, has, read, rounded, say, scores_of
from benchmarks.robustness import Change, exchanged, gamma, mirrored, moved

MARGIN = 15
"""Voxels of background that a crop leaves around the known tree."""

MORE_NOISE = 0.46
"""Added to noise of 1, noise of this standard deviation gives noise of 1.1."""


DECIDED = (
    "noise", "masked", "clutter_split", "clutter_ratio", "dim_chains", "contrast_limit",
    "chains_grown", "chains_kept", "trees_found", "trees_kept", "somata",
)  # fmt: skip
"""Findings of accurate mode that are kept with the scores."""


def cropped(gold: zimg.ZSwc, shape: tuple[int, ...]) -> Change:
    """The image without its margin in x and y, as far as the known tree does not reach into it."""
    sides = np.array(shape[:0:-1])
    low = np.clip(np.floor(gold.xyz[:, :2].min(axis=0)).astype(int) - MARGIN, 0, None)
    high = np.minimum(np.ceil(gold.xyz[:, :2].max(axis=0)).astype(int) + MARGIN + 1, sides)
    (x, y), (right, bottom) = low.tolist(), high.tolist()
    return Change(lambda image: image[:, y:bottom, x:right].copy(), moved(x, y, 0.0))


def noisier(image: Volume) -> Volume:
    """The image with 10 % more noise, estimated from neighbouring voxels along x."""
    steps = np.diff(image.astype(np.float64), axis=2)
    sigma = 1.4826 * float(np.median(np.abs(steps))) / np.sqrt(2.0)
    added = np.random.default_rng(0).normal(0.0, MORE_NOISE * sigma, image.shape[1:])
    return _as(image + added[None], image)


def darker_background(image: Volume) -> Volume:
    """The image without half of its background; voxels below that become 0."""
    return _as(image - float(np.median(image.astype(np.float64))) / 2.0, image)


def _as(values: Volume, image: Volume) -> Volume:
    top = 255 if image.dtype == np.uint8 else 65535
    return np.asarray(np.clip(np.rint(values), 0, top), dtype=image.dtype)


def changes(case: Case, image: Volume) -> dict[str, Change]:
    """Changes by name, those left out that do not change the image."""
    every = {
        "none": Change(lambda image: image),
        "mirror x": mirrored(2),
        "mirror y": mirrored(1),
        "mirror z": mirrored(0),
        "exchange x, y": Change(lambda image: image.swapaxes(1, 2).copy(), exchanged),
        "gamma 0.7": gamma(0.7),
        "gamma 1.4": gamma(1.4),
        "crop margin": cropped(zimg.ZSwc(case.gold), image.shape),
        "10 % more noise": Change(noisier),
        "16 bit": Change(lambda image: image.astype(np.uint16) * 257),
        "half brightness": Change(lambda image: image // 2),
        "half background": Change(darker_background),
    }
    return {n: c for n, c in every.items() if n == "none" or _differs(c.image(image), image)}


def _differs(changed: Volume, image: Volume) -> bool:
    return changed.dtype != image.dtype or not np.array_equal(changed, image)


def measure(case: Case, change: Change, image: Volume) -> dict[str, Any]:
    """Scores of a changed image, and the findings that decide."""
    tree = zimg.trace(change.image(image), z_to_xy=case.z_to_xy)
    scores = scores_of(change.back(tree, image.shape), case.gold, case.spacing)
    return {**rounded(scores), **_decided(tree.metadata["findings"])}


def _decided(findings: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: findings[name] for name in DECIDED if name in findings}
    kept["levels"] = len(findings.get("levels", ()))
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in kept.items()}


def main() -> None:
    """Print one row per volume and change."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", default="real")
    parser.add_argument("--changes", default="")
    parser.add_argument("--json", type=Path)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    warnings.simplefilter("ignore", zimg.TraceWarning)
    chosen = given.changes.split(";") if given.changes else None
    for name, case in cases(given.set).items():
        if given.names and name not in given.names:
            continue
        image, plain = read(case.image), None
        for change, made in changes(case, image).items():
            if (chosen and change not in chosen) or has(given.json, case.kind, name, change):
                continue
            row = measure(case, made, image)
            plain = row["f1"] if change == "none" else plain
            gain = "" if plain is None else f"{row['f1'] - plain:+.3f}"
            say(f"{name:20} {change:18} F1 {row['f1']:.3f} {gain:7} {row}")
            if given.json:
                add(given.json, case.kind, name, change, row=row)


if __name__ == "__main__":
    main()
