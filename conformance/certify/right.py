"""Right: results of a device agree with NumPy in double precision on the CPU."""

from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from importlib import import_module
from typing import Any

import numpy as np

from zimg import ZException, skeletonize, trace
from zimg._dispatch import device, hooks_for, namespace_named
from zimg.ops.memory import free_memory
from zimg.swc import ZSwc
from zimg.swc.comparing import compare

from .budgets import once_rehearsed, volume
from .counting import replaced
from .places import Place, reached
from .promises import Certificate, NotRunError

FARTHEST = 0.5
"""Largest mean distance between two trees in voxels, in both directions (float32, float64)."""

LENGTH = 0.05
"""Largest relative difference of the lengths of two trees."""

LONGER = 1.8
"""Time of a trace in accurate mode as a multiple of one in reference mode."""

PER_VOXEL = 8
"""The volume that is too large takes 1 / `PER_VOXEL` of the free memory."""

SIMULATED = 2**30
"""Free memory of a simulated GPU in bytes."""


@cache
def expected(work: str) -> ZSwc:
    """The result of NumPy; traces in double precision."""
    if work == "skeleton":
        return skeletonize(volume(work))
    return trace(volume(work), mode=work, dtype="float64")


def result(place: Place, work: str) -> ZSwc:
    """The result of a place; on a simulated GPU that of the run that is counted."""
    if place.is_host:
        tree: ZSwc = once_rehearsed(place.framework, work)[0]
        return tree
    array = place.put(volume(work))
    return skeletonize(array) if work == "skeleton" else trace(array, mode=work)


def look(certificate: Certificate, place: Place, *, long: bool) -> None:
    """Check the promises of this group at one place: accurate mode if `long`, else all others."""
    if long:
        check, needs = partial(traced, place, "accurate"), seconds_of_accurate(certificate, place)
        certificate.find_out("right", place.name, agrees("accurate"), check, needs=needs)
        return
    for text, check in {
        agrees("reference"): partial(traced, place, "reference"),
        "a skeleton has the same nodes as on the CPU": partial(skeletonized, place),
        "a second device gives the same result, and arrays stay on it": partial(second, place),
        "a volume that does not fit is refused; the error gives its size and a size that fits": (
            partial(too_large, place)
        ),
    }.items():
        certificate.find_out("right", place.name, text, check)


def seconds_of_accurate(certificate: Certificate, place: Place) -> float:
    """Estimated seconds of a trace in accurate mode; 0 if its simulation is done."""
    if place.is_host and (place.name, agrees("accurate")) in certificate.took:
        return 0.0
    return LONGER * certificate.took.get((place.name, agrees("reference")), 0.0)


def agrees(mode: str) -> str:
    """The promise about traces."""
    return (
        f"a trace in {mode} mode agrees with NumPy in double precision, "
        f"within {FARTHEST} voxels on average, lengths within {LENGTH:.0%}"
    )


def traced(place: Place, mode: str) -> tuple[bool, str]:
    """Compare a trace."""
    tree = result(place, mode)
    found = compare(tree, expected(mode), step=0.5)
    farthest = max(found.a_to_b.mean, found.b_to_a.mean)
    measured = f"{farthest:.3f} voxels, length x {found.length_ratio:.3f}, {len(tree)} nodes"
    return farthest < FARTHEST and abs(found.length_ratio - 1.0) <= LENGTH, measured


def skeletonized(place: Place) -> tuple[bool, str]:
    """Compare a skeleton node by node; its coordinates are integers."""
    tree = result(place, "skeleton")
    wanted = expected("skeleton")
    return tree == wanted, f"{len(tree)} nodes; on the CPU {len(wanted)}"


def second(place: Place) -> tuple[bool, str]:
    """Compare a result on the next device of the same type; nothing may reach another device."""
    kind, _, number = place.device.partition(":")
    other = reached(place.framework, f"{kind}:{int(number or 0) + 1}")
    if other.missing:
        raise NotRunError(f"{other.name}: {other.missing}")
    probe = np.zeros(1, np.uint8)
    if device(other.put(probe)) == device(place.put(probe)):
        raise NotRunError("there is only one such device")
    with other.manner(), stays(place.framework):
        kept, measured = skeletonized(other) if place.is_host else traced(other, "reference")
    return kept, f"{other.name}: {measured}"


def stays(framework: str) -> AbstractContextManager[Any]:
    """Context in which JAX refuses to copy arrays from one device to another."""
    if framework != "jax":
        return nullcontext()
    guard: AbstractContextManager[Any] = import_module("jax").transfer_guard_device_to_device(
        "disallow_explicit"
    )
    return guard


def too_large(place: Place) -> tuple[bool, str]:
    """Trace an array that fits into memory together with which its trace does not."""
    with _little_memory(place):
        sent = place.put(np.zeros(1, np.uint8))
        free = free_memory(sent)
        if free is None:
            raise NotRunError("the device does not report its free memory")
        side, xp = int((free / PER_VOXEL) ** (1 / 3)), namespace_named(place.framework)
        huge = xp.zeros((side, side, side), dtype=xp.uint8, device=device(sent))
        try:
            trace(huge, mode="reference")
        except ZException as error:
            return "downsample" in str(error), str(error)
    return False, "the trace ended without an error"


def _little_memory(place: Place) -> AbstractContextManager[Any]:
    """A simulated GPU has `SIMULATED` bytes of free memory."""
    if not place.is_host:
        return nullcontext()
    return replaced(hooks_for(place.framework), "free_memory", lambda *_, **__: SIMULATED)
