"""``zimg compare``: how well two SWC files agree."""

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from zimg.cli.arguments import parse_numbers
from zimg.swc import ZSwc
from zimg.swc.agreement import Comparison
from zimg.swc.comparing import compare

SCORES = ("precision", "recall", "f1", "esa", "dsa", "pds", "length_ratio")


def compare_files(
    a: Path, b: Path, *, tolerance: float, step: float, voxel_size: str, as_json: bool
) -> float:
    """Print scores of the tree in `a` against the expected one in `b`; return F1."""
    sizes = parse_numbers("voxel-size", voxel_size)
    agreement = compare(ZSwc(a), ZSwc(b), tolerance=tolerance, step=step, voxel_size=sizes)
    sys.stdout.write(_json(agreement) if as_json else _table(agreement))
    return agreement.f1


def _json(agreement: Comparison) -> str:
    """One object; what is no finite number is null."""
    scores = {name: getattr(agreement, name) for name in SCORES}
    return json.dumps(_finite(scores | asdict(agreement))) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    return value if math.isfinite(value) else None


def _table(agreement: Comparison) -> str:
    """Topology of the two side by side, then the scores."""
    a, b = asdict(agreement.a), asdict(agreement.b)
    lines = [f"{name:20} A {a[name]:<12.6g} B {b[name]:<12.6g}".rstrip() for name in a]
    lines += [f"{name:20} {getattr(agreement, name):.4f}" for name in SCORES]
    lines += [
        f"{'radius ' + name:20} {value:.4f}" for name, value in asdict(agreement.radius).items()
    ]
    ends = f"A {agreement.ends_matched_a:.4f} B {agreement.ends_matched_b:.4f}"
    return "\n".join([*lines, f"{'ends matched':20} {ends}"]) + "\n"
