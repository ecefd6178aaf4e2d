"""Lean: small workloads cost a device no more than the budgets counted without one."""

from dataclasses import asdict
from functools import partial

from .budgets import COUNTED, SLACK, WORK, budgets, once_rehearsed, volume
from .counting import counted
from .ledger import Ledger
from .places import Place
from .promises import Certificate, NotRunError
from .right import seconds_of_accurate

SUBJECTS = {
    "kernels": "kernels",
    "launches": "launches by the host",
    "reads": "implicit reads",
    "downloads": "downloads",
    "downloaded": "bytes downloaded",
    "uploads": "uploads",
    "uploaded": "bytes uploaded",
    "programs": "programs compiled",
    "peak": "bytes at the peak",
}


def look(certificate: Certificate, place: Place, *, long: bool) -> None:
    """Check the promises of this group at one place: accurate mode if `long`, else all others."""
    needs = seconds_of_accurate(certificate, place) if long else 0.0
    for work in ("accurate",) if long else ("reference", "skeleton"):
        text, check = f"{work}: no count is above its budget", partial(within, place, work)
        certificate.find_out("lean", place.name, text, check, needs=needs)


def within(place: Place, work: str) -> tuple[bool, str]:
    """Count a workload and compare it with its budget."""
    allowed = budgets().get(place.framework, {}).get(work, {}).get("total")
    if not allowed:
        raise NotRunError(f"there is no budget for {work} on {place.framework}")
    ledger = once_rehearsed(place.framework, work)[1] if place.is_host else _counted(place, work)
    above = _above(ledger, allowed, place.framework)
    voxels = volume(work).size
    return not above, ", ".join(above) or _summary(ledger, voxels)


def _counted(place: Place, work: str) -> Ledger:
    array = place.put(volume(work))
    with counted(place.framework) as ledger:
        WORK[work](array, ledger)
    return ledger


def _above(ledger: Ledger, allowed: dict[str, int], framework: str) -> list[str]:
    found = asdict(ledger.total)
    names = [n for n in (*COUNTED[framework], "peak") if n in allowed]
    return [
        f"{found[n]} {SUBJECTS[n]}, budget {allowed[n]}"
        for n in names
        if found[n] > (1 + SLACK) * allowed[n]
    ]


def _summary(ledger: Ledger, voxels: int) -> str:
    total = ledger.total
    return (
        f"{total.launches} launches, {total.round_trips} waits, "
        f"{total.downloaded / voxels:.2f} bytes per voxel down, {total.uploaded / voxels:.2f} up, "
        f"{total.peak / voxels:.0f} at the peak, {total.programs} programs"
    )
