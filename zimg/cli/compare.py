"""``zimg compare``: measure how well two SWC files agree."""

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from zimg.cli.arguments import parse_numbers
from zimg.swc import ZSwc
from zimg.swc.comparing import Comparison, compare, without_counterpart
from zimg.view import Marked, differences, write_png

SCORES = {
    "precision": "share of A within the tolerance of B",
    "recall": "share of B within the tolerance of A",
    "f1": "harmonic mean of precision and recall",
    "esa": "entire structure average: mean distance between A and B",
    "dsa": "different structure average: mean distance of points beyond the tolerance",
    "pds": "percentage of different structure, as a share: points beyond the tolerance",
    "length_ratio": "length of A over that of B",
}
"""Printed scores and their meaning."""

RADII = {
    "mean_abs": "mean absolute difference where A and B match",
    "bias": "mean difference, A minus B",
    "mean_relative": "mean absolute difference over the radius in B",
}


def compare_files(
    a: Path,
    b: Path,
    *,
    tolerance: float,
    step: float,
    voxel_size: str,
    as_json: bool,
    preview: Path | None = None,
) -> float:
    """Print scores of the tree in `a` against the expected one in `b`; return F1.

    With `preview`, also write a PNG file that shows what is false and what is missed.
    """
    sizes = parse_numbers("voxel-size", voxel_size)
    trees = ZSwc(a), ZSwc(b)
    agreement = compare(*trees, tolerance=tolerance, step=step, voxel_size=sizes)
    if preview is not None:
        _draw(preview, *trees, tolerance=tolerance, step=step, voxel_size=sizes)
    sys.stdout.write(_json(agreement) if as_json else _table(agreement))
    return agreement.f1


def _draw(path: Path, a: ZSwc, b: ZSwc, **options: Any) -> None:
    """Write the picture of a comparison."""
    marked = [Marked(*without_counterpart(*pair, **options)) for pair in ((a, b), (b, a))]
    sizes = options["voxel_size"]
    unit = "voxels" if set(sizes) <= {0.0, 1.0} and a.unit != "um" else "µm"
    write_png(path, differences(*marked, spacing=sizes, unit=unit))


def _json(agreement: Comparison) -> str:
    """One JSON object; numbers that are not finite become null."""
    scores = {name: getattr(agreement, name) for name in SCORES}
    return json.dumps(_finite(scores | asdict(agreement))) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    return value if math.isfinite(value) else None


def _table(agreement: Comparison) -> str:
    """Topology of both trees side by side, then the scores with explanations."""
    a, b = asdict(agreement.a), asdict(agreement.b)
    lines = [f"{name:20} A {a[name]:<12.6g} B {b[name]:<12.6g}".rstrip() for name in a]
    lines += [_line(name, getattr(agreement, name), text) for name, text in SCORES.items()]
    radius = asdict(agreement.radius)
    lines += [_line(f"radius {name}", radius[name], text) for name, text in RADII.items()]
    ends = f"A {agreement.ends_matched_a:.4f} B {agreement.ends_matched_b:.4f}"
    return "\n".join([*lines, f"{'ends matched':20} {ends}"]) + "\n"


def _line(name: str, value: float, text: str) -> str:
    return f"{name:20} {value:<10.4f} {text}"
