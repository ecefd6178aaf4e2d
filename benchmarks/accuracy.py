"""Accuracy of tracing on volumes with known trees: one row per volume, and means.

    ZIMG_REFERENCE_DATA=DATA python -m benchmarks.accuracy [--set real|synthetic|all]
        [--mode accurate|reference] [--backend numpy|torch|jax] [--dtype float32|float64]
        [--options JSON] [--out DIR] [--json FILE] [NAME...]

Prints precision, recall, F1 within 2 voxels, the mean of the two directed mean distances (ESA), F1
within 4 voxels and CPU seconds. Projections are compared in x and y. `DATA` holds the folders
`real`, `real2` and `autotrace`. `--json` adds the rows to a file, from which
`python -m benchmarks.accuracy_tables` makes the tables of docs/results.md.
"""

import argparse
import json
import os
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile
from numpy.typing import NDArray

import zimg
from zimg.ops import upload
from zimg.swc.comparing import compare

DATA = Path(os.environ.get("ZIMG_REFERENCE_DATA", "data"))
FLAT = (1.0, 1.0, 0.0)

Volume = NDArray[np.generic]
Scores = dict[str, float]


class Case(NamedTuple):
    """A volume with a known tree.

    Attributes
    ----------
    image, gold
        Files of the volume and of the known tree.
    z_to_xy
        Size of a voxel in z divided by its size in x and y.
    spacing
        Voxel size for comparing, x, y, z; 0 along z for projections.
    reference
        Scores of the recorded tree of the reference; empty where it found none.
    kind
        ``"real"`` or ``"synthetic"``.
    """

    image: Path
    gold: Path
    z_to_xy: float
    spacing: tuple[float, float, float]
    reference: Scores
    kind: str


def cases(chosen: str) -> dict[str, Case]:
    """Volumes of a set, by name."""
    found = _real() if chosen in ("real", "all") else {}
    return found | (_synthetic() if chosen in ("synthetic", "all") else {})


def _real() -> dict[str, Case]:
    found = {}
    for folder in ("real", "real2"):
        for path in sorted((DATA / folder).glob("*_projection.tif")):
            gold, recorded = path.with_suffix(".gold.swc"), path.with_suffix(".reference.swc")
            scores = scores_of(zimg.ZSwc(recorded), gold, FLAT)
            found[path.name.removesuffix("_projection.tif")] = Case(
                path, gold, 1.0, FLAT, scores, "real"
            )
    return found


def _synthetic() -> dict[str, Case]:
    listed = json.loads((DATA / "autotrace" / "manifest.json").read_text())["volumes"]
    entries = listed.items() if isinstance(listed, dict) else ((v["name"], v) for v in listed)
    found = {}
    for name, entry in entries:
        path = DATA / "autotrace" / f"{name}.tif"
        ratio = float(entry.get("zr", entry.get("z_to_xy", 1.0)))
        spacing, gold = (1.0, 1.0, ratio), path.with_suffix(".gold.swc")
        recorded = path.with_suffix(".ref.default.swc")
        scores = scores_of(zimg.ZSwc(recorded), gold, spacing) if recorded.exists() else {}
        found[name] = Case(path, gold, ratio, spacing, scores, "synthetic")
    return found


def scores_of(tree: zimg.ZSwc, gold: Path, spacing: tuple[float, float, float]) -> Scores:
    """Agreement of a tree with the known one."""
    known = zimg.ZSwc(gold)
    two, four = (compare(tree, known, tolerance=t, voxel_size=spacing) for t in (2.0, 4.0))
    return {
        "precision": two.precision,
        "recall": two.recall,
        "f1": two.f1,
        "esa": two.esa,
        "f1_4": four.f1,
    }


def measure(case: Case, arguments: dict[str, Any]) -> tuple[Scores, zimg.ZSwc]:
    """Scores of one volume, and its tree."""
    volume = load(case.image, arguments["backend"])
    cpu = time.process_time()
    tree = zimg.trace(
        volume,
        z_to_xy=case.z_to_xy,
        mode=arguments["mode"],
        dtype=arguments["dtype"],
        **arguments["options"],
    )
    cpu = time.process_time() - cpu
    return scores_of(tree, case.gold, case.spacing) | {"cpu": cpu}, tree


def read(path: Path) -> Volume:
    """A volume ``(Z, Y, X)`` of a file."""
    volume: Volume = tifffile.imread(path)
    return volume[None] if volume.ndim == 2 else volume


def load(path: Path, backend: str) -> Any:
    """The volume as an array of a framework."""
    volume = read(path)
    if backend == "numpy":
        return volume
    xp = import_module("array_api_compat.torch" if backend == "torch" else "jax.numpy")
    return upload(np.ascontiguousarray(volume), on=None, xp=xp)


def add(file: Path, *where: str, row: Any) -> None:
    """Put a row into a JSON file of nested mappings; what else the file holds stays."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    inner = kept
    for key in where[:-1]:
        inner = inner.setdefault(key, {})
    inner[where[-1]] = row
    part = file.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    part.replace(file)


def has(file: Path | None, *where: str) -> bool:
    """Whether a JSON file of nested mappings has a row."""
    inner: Any = json.loads(file.read_text()) if file and file.exists() else {}
    for key in where:
        inner = inner.get(key, {})
    return bool(inner)


def rounded(scores: Scores) -> dict[str, float | None]:
    """Scores for a JSON file: three digits, None where there is no number."""
    return {key: round(v, 3) if np.isfinite(v) else None for key, v in scores.items()}


def show(name: str, scores: Scores, reference: float | None) -> None:
    """Print one row."""
    label = "     -" if reference is None else f"{reference:6.3f}"
    gain = "      " if reference is None else f"{scores['f1'] - reference:+6.3f}"
    say(
        f"{name:24} P {scores['precision']:.3f} R {scores['recall']:.3f} F1 {scores['f1']:.3f} "
        f"ref {label} {gain} ESA {scores['esa']:7.2f} F1@4 {scores['f1_4']:.3f} "
        f"cpu {scores['cpu']:6.1f} s"
    )


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def lane(mode: str, backend: str, dtype: str) -> str:
    """Name of a row of the tables."""
    return f"{mode}, {backend} {dtype}"


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", default="all")
    parser.add_argument("--mode", default="accurate")
    parser.add_argument("--backend", default="numpy")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--options", default="{}", type=json.loads)
    parser.add_argument("--out", type=Path, help="folder for the trees")
    parser.add_argument("--json", type=Path, help="file to which the rows are added")
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    warnings.simplefilter("ignore", zimg.TraceWarning)
    arguments = {key: getattr(given, key) for key in ("mode", "backend", "dtype", "options")}
    row = lane(given.mode, given.backend, given.dtype)
    rows: dict[str, Scores] = {}
    for name, case in cases(given.set).items():
        if given.names and name not in given.names:
            continue
        rows[name], tree = measure(case, arguments)
        show(name, rows[name], case.reference.get("f1"))
        if given.out:
            given.out.mkdir(parents=True, exist_ok=True)
            tree.save(given.out / f"{name}.swc")
        if given.json:
            add(given.json, case.kind, name, "reference, recorded", row=rounded(case.reference))
            add(given.json, case.kind, name, row, row=rounded(rows[name]))
    for column in ("precision", "recall", "f1", "esa", "f1_4", "cpu"):
        values = [scores[column] for scores in rows.values() if np.isfinite(scores[column])]
        if values:
            say(
                f"{column:10} mean {np.mean(values):.4f} median {np.median(values):.4f} "
                f"least {np.min(values):.4f} most {np.max(values):.4f}"
            )


if __name__ == "__main__":
    main()
