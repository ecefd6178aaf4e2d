"""Right: results of a device agree with NumPy in double precision on the CPU."""

from functools import cache
from typing import Any

import numpy as np

from zimg import ZException, skeletonize, trace
from zimg._dispatch import namespace_named
from zimg.ops.memory import free_memory
from zimg.swc import ZSwc
from zimg.swc.comparing import compare

from .budgets import volume
from .places import Place, reached
from .promises import Certificate, NotRunError

FARTHEST = 0.5
"""Largest mean distance between two trees in voxels, in both directions (float32, float64)."""

LENGTH = 0.05
"""Largest relative difference of the lengths of two trees."""

AGREES = f"within {FARTHEST} voxels on average, lengths within {LENGTH:.0%}"
PER_VOXEL = 8
"""The volume that is too large takes 1 / `PER_VOXEL` of the free memory."""


@cache
def expected(work: str) -> ZSwc:
    """The result of NumPy; traces in double precision."""
    if work == "skeleton":
        return skeletonize(volume(work))
    return trace(volume(work), mode=work, dtype="float64")


def look(certificate: Certificate, place: Place, *, quick: bool) -> None:
    """Check all promises of this group at one place."""
    for mode in ("reference",) if quick else ("reference", "accurate"):
        certificate.find_out(
            "right",
            place.name,
            f"a trace in {mode} mode agrees with NumPy in double precision, {AGREES}",
            lambda mode=mode: traced(place, mode),  # type: ignore[misc]
        )
    text = "a skeleton has the same nodes as on the CPU"
    certificate.find_out("right", place.name, text, lambda: skeletonized(place))
    text = "a second device gives the same result, and arrays stay on it"
    certificate.find_out("right", place.name, text, lambda: second(place))
    text = "a volume that does not fit is refused; the error gives its size and a size that fits"
    certificate.find_out("right", place.name, text, lambda: too_large(place))


def traced(place: Place, mode: str) -> tuple[bool, str]:
    """Compare a trace."""
    with place.manner():
        tree = trace(place.put(volume(mode)), mode=mode)
    found = compare(tree, expected(mode), step=0.5)
    farthest = max(found.a_to_b.mean, found.b_to_a.mean)
    measured = f"{farthest:.3f} voxels, length x {found.length_ratio:.3f}, {len(tree)} nodes"
    return farthest < FARTHEST and abs(found.length_ratio - 1.0) <= LENGTH, measured


def skeletonized(place: Place) -> tuple[bool, str]:
    """Compare a skeleton node by node; its coordinates are integers."""
    with place.manner():
        tree = skeletonize(place.put(volume("skeleton")))
    wanted = expected("skeleton")
    return tree == wanted, f"{len(tree)} nodes; on the CPU {len(wanted)}"


def second(place: Place) -> tuple[bool, str]:
    """Compare a trace on the next device of the same type."""
    kind, _, number = place.device.partition(":")
    if place.is_host or not number:
        raise NotRunError("there is only one such device")
    other = reached(place.framework, f"{kind}:{int(number) + 1}")
    if other.missing:
        raise NotRunError(f"{other.name}: {other.missing}")
    array = other.put(volume("reference"))
    before = str(array.device)
    kept, measured = traced(other, "reference")
    return kept and str(array.device) == before, f"{other.name}: {measured}"


def too_large(place: Place) -> tuple[bool, str]:
    """Trace an array that fits into memory together with which its trace does not."""
    free = None if place.is_host else free_memory(place.put(np.zeros(1, np.uint8)))
    if free is None:
        raise NotRunError("the device does not report its free memory")
    xp: Any = place.put(np.zeros(1, np.uint8))
    side = int((free / PER_VOXEL) ** (1 / 3))
    namespace = namespace_named(place.framework)
    huge = namespace.zeros((side, side, side), dtype=namespace.uint8, device=xp.device)
    try:
        trace(huge, mode="reference")
    except ZException as error:
        return "downsample" in str(error), str(error)
    return False, "the trace ended without an error"
