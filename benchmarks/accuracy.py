"""Accuracy of tracing on volumes with known trees: a table per volume, and means.

    ZIMG_REFERENCE_DATA=DATA python benchmarks/accuracy.py [--set real|synthetic|all]
        [--mode accurate|reference] [--backend numpy|torch|jax] [--dtype float32|float64]
        [--options JSON] [--out DIR] [NAME...]

Prints precision, recall, F1 within 2 voxels, the mean of the two directed mean distances (ESA), F1
within 4 voxels and CPU seconds. Projections are compared in x and y. `DATA` holds the folders
`real`, `real2` and `autotrace`.
"""

import argparse
import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

import zimg
from zimg.ops import upload
from zimg.swc.comparing import compare

DATA = Path(os.environ.get("ZIMG_REFERENCE_DATA", "data"))
REAL3 = ("bn107", "bn278", "bn285")
FLAT = (1.0, 1.0, 0.0)


def volumes(chosen: str) -> dict[str, tuple[Path, Path, float, tuple[float, float, float], Any]]:
    """Image, known tree, z ratio, voxel size for comparing and F1 of the reference, by name."""
    found = {}
    if chosen in ("real", "all"):
        scores = _reference_scores()
        for folder in ("real", "real2"):
            for path in sorted((DATA / folder).glob("*_projection.tif")):
                name = path.name.removesuffix("_projection.tif")
                gold = path.with_suffix(".gold.swc")
                found[name] = (path, gold, 1.0, FLAT, scores.get(name))
    if chosen in ("synthetic", "all"):
        listed = json.loads((DATA / "autotrace" / "manifest.json").read_text())["volumes"]
        entries = listed.items() if isinstance(listed, dict) else ((v["name"], v) for v in listed)
        for name, entry in entries:
            path = DATA / "autotrace" / f"{name}.tif"
            ratio = float(entry.get("zr", entry.get("z_to_xy", 1.0)))
            ours = DATA / "autotrace" / f"{name}.ref.default.swc"
            gold = path.with_suffix(".gold.swc")
            f1 = None
            if ours.exists():
                f1 = compare(zimg.ZSwc(ours), zimg.ZSwc(gold), voxel_size=(1, 1, ratio)).f1
            found[name] = (path, gold, ratio, (1.0, 1.0, ratio), f1)
    return found


def _reference_scores() -> dict[str, float]:
    scores = {}
    for volume in json.loads((DATA / "real" / "manifest.json").read_text())["volumes"]:
        scored = volume.get("reference", {}).get("scores_vs_gold")
        if scored:
            scores[volume["name"].removesuffix("_projection")] = scored["f1"]
    for volume in json.loads((DATA / "real2" / "manifest.json").read_text())["volumes"]:
        scores[volume["name"]] = volume["F1"]["reference"]
    return scores


def measure(
    path: Path,
    gold: Path,
    ratio: float,
    size: tuple[float, float, float],
    arguments: dict[str, Any],
) -> tuple[dict[str, float], zimg.ZSwc]:
    """Scores of one volume, and its tree."""
    volume = load(path, arguments["backend"])
    began, cpu = time.perf_counter(), time.process_time()
    tree = zimg.trace(
        volume,
        z_to_xy=ratio,
        mode=arguments["mode"],
        dtype=arguments["dtype"],
        **arguments["options"],
    )
    cpu, wall = time.process_time() - cpu, time.perf_counter() - began
    known = zimg.ZSwc(gold)
    two, four = (compare(tree, known, tolerance=t, voxel_size=size) for t in (2.0, 4.0))
    return {
        "precision": two.precision,
        "recall": two.recall,
        "f1": two.f1,
        "esa": two.esa,
        "f1_4": four.f1,
        "cpu": cpu,
        "wall": wall,
        "trees": len(tree.roots),
        "length": tree.total_length(size),
    }, tree


def load(path: Path, backend: str) -> Any:
    """The volume as an array of a framework."""
    volume = tifffile.imread(path)
    volume = volume[None] if volume.ndim == 2 else volume
    if backend == "numpy":
        return volume
    xp = import_module("array_api_compat.torch" if backend == "torch" else "jax.numpy")
    return upload(np.ascontiguousarray(volume), on=None, xp=xp)


def show(name: str, scores: dict[str, float], reference: float | None) -> None:
    """One row."""
    told = "     -" if reference is None else f"{reference:6.3f}"
    gain = "      " if reference is None else f"{scores['f1'] - reference:+6.3f}"
    say(
        f"{name:24} P {scores['precision']:.3f} R {scores['recall']:.3f} F1 {scores['f1']:.3f} "
        f"ref {told} {gain} ESA {scores['esa']:7.2f} F1@4 {scores['f1_4']:.3f} "
        f"cpu {scores['cpu']:6.1f} s"
    )


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", default="all")
    parser.add_argument("--mode", default="accurate")
    parser.add_argument("--backend", default="numpy")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--options", default="{}", type=json.loads)
    parser.add_argument("--out", type=Path)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    arguments = {key: getattr(given, key) for key in ("mode", "backend", "dtype", "options")}
    rows: dict[str, dict[str, float]] = {}
    for name, (path, gold, ratio, size, reference) in volumes(given.set).items():
        if given.names and name not in given.names:
            continue
        rows[name], tree = measure(path, gold, ratio, size, arguments)
        show(name, rows[name], reference)
        if given.out:
            given.out.mkdir(parents=True, exist_ok=True)
            tree.save(given.out / f"{name}.swc")
    if given.out:
        (given.out / "scores.json").write_text(json.dumps(rows, indent=1))
    for column in ("precision", "recall", "f1", "esa", "f1_4", "cpu"):
        values = [row[column] for row in rows.values() if np.isfinite(row[column])]
        if values:
            say(
                f"{column:10} mean {np.mean(values):.4f} median {np.median(values):.4f} "
                f"least {np.min(values):.4f} most {np.max(values):.4f}"
            )


if __name__ == "__main__":
    main()
