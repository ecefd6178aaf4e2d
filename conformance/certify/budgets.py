"""Budgets of device costs for small workloads, counted without a device; they may only fall.

``python -m zimg.conformance.certify.budgets`` counts and prints the costs; ``--lower`` writes lower
figures to `budgets.json` and never raises one.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg import skeletonize, trace
from zimg._dispatch import namespace_by_type, namespace_named
from zimg._typing import Array
from zimg.ops import upload
from zimg.phantom import neurite, neuron

from .counting import counted
from .ledger import Counts, Ledger
from .pretending import pretended_gpu

FILE = Path(__file__).with_name("budgets.json")

COUNTED = {
    "torch": ("kernels", "launches", "reads", "downloads", "downloaded", "uploads", "uploaded"),
    "jax": ("downloads", "downloaded", "uploads", "uploaded", "programs"),
}
"""Costs that are counted for each framework; `peak` is counted for Torch in addition. JAX does not
report operations outside compiled functions, so its launches are not counted."""

SLACK = 0.05
"""Tolerance of a budget: rounding differs between versions of a framework, which changes the
number of rounds of a line search."""

WORK: dict[str, Callable[[Array, Ledger], Any]] = {
    "reference": lambda x, ledger: trace(x, mode="reference", progress=ledger.enter),
    "accurate": lambda x, ledger: trace(x, progress=ledger.enter),
    "skeleton": lambda x, ledger: skeletonize(x, progress=ledger.enter),
    "neuron": lambda x, ledger: trace(x, mode="reference", progress=ledger.enter),
}
"""Workloads: tracing in both modes, a skeleton, and a trace of a larger volume."""

FOREGROUND = 100
"""Grey value above which the phantom is the mask of the skeleton."""


@cache
def volume(work: str) -> NDArray[Any]:
    """The phantom, 32 x 64 x 80 uint8, or its mask; a neuron, 64 x 256 x 256 uint8."""
    if work == "neuron":
        return neuron(shape=(64, 256, 256)).volume
    phantom = neurite().volume
    return phantom > FOREGROUND if work == "skeleton" else phantom


def rehearsed(
    framework: str, work: str, *, shape: tuple[int, int, int] | None = None
) -> tuple[Any, Ledger]:
    """Run a workload on a simulated GPU and count its costs.

    Parameters
    ----------
    framework
        ``torch`` or ``jax``.
    work
        A key of `WORK`.
    shape
        Part of the volume, to count the costs of another shape.

    Returns
    -------
    result, ledger
        The tree or skeleton, and the costs.
    """
    part = tuple(slice(0, n) for n in shape or volume(work).shape)
    placed = upload(np.ascontiguousarray(volume(work)[part]), on=None, xp=_namespace(framework))
    namespace_by_type(placed)  # at first use, array-api-compat makes an array of JAX
    with pretended_gpu(framework), counted(framework) as ledger:
        result = WORK[work](placed, ledger)
    return result, ledger


once_rehearsed = cache(rehearsed)
"""`rehearsed`, once per process: a certificate needs the result and the costs."""


def count(framework: str, work: str, *, shape: tuple[int, int, int] | None = None) -> Ledger:
    """Costs of a workload, as `rehearsed` counts them."""
    return rehearsed(framework, work, shape=shape)[1]


def _namespace(framework: str) -> Any:
    if framework == "torch":
        from array_api_compat import torch

        return torch
    return namespace_named(framework)


def figures(framework: str, ledger: Ledger) -> dict[str, dict[str, int]]:
    """Nonzero counts by stage."""
    names = (*COUNTED[framework], "peak")
    stages = {**ledger.stages, "total": ledger.total}
    return {stage: _nonzero(counts, names) for stage, counts in stages.items()}


def _nonzero(counts: Counts, names: tuple[str, ...]) -> dict[str, int]:
    found = asdict(counts)
    return {name: found[name] for name in names if found[name]}


def budgets() -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    """Budgets in `budgets.json`, by framework, workload and stage."""
    found: dict[str, dict[str, dict[str, dict[str, int]]]] = json.loads(
        FILE.read_text(encoding="utf-8")
    )
    return found


def exceeded(
    found: dict[str, dict[str, int]], allowed: dict[str, dict[str, int]], *, slack: float = SLACK
) -> list[str]:
    """One line for every count above its budget; a stage without a budget must cost nothing."""
    return [
        f"{stage}: {number} {name}, allowed are {most}"
        for stage, counts in found.items()
        for name, number in counts.items()
        if number > (1 + slack) * (most := allowed.get(stage, {}).get(name, 0))
    ]


def lowered(
    found: dict[str, dict[str, int]], allowed: dict[str, dict[str, int]]
) -> dict[str, dict[str, int]]:
    """The lower of count and budget for every figure; new stages are added."""
    if not allowed:
        return found
    return {
        stage: {name: min(n, allowed.get(stage, {}).get(name, n)) for name, n in counts.items()}
        for stage, counts in found.items()
    }


def main(arguments: list[str]) -> int:
    """Count all workloads, print the totals and, with ``--lower``, lower the budgets."""
    written = budgets() if FILE.exists() else {}
    chosen = [each for each in arguments if not each.startswith("-")]
    for framework in COUNTED:
        for work in WORK:
            if chosen and f"{framework}-{work}" not in chosen:
                continue
            found = figures(framework, count(framework, work))
            allowed = written.setdefault(framework, {}).get(work, {})
            print(framework, work, found["total"])  # noqa: T201
            for line in exceeded(found, allowed) if allowed else ():
                print("  ABOVE", line)  # noqa: T201
            written[framework][work] = lowered(found, allowed)
    if "--lower" in arguments:
        FILE.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
