"""``zimg certify``: check correctness, cost and speed on a device."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from zimg._progress import reporter

from . import fast, lean, paper, right
from .places import Place, offer_second_host_device, places
from .promises import Certificate

PACKAGES = ("zimg-xp", "numpy", "torch", "jax", "cupy-cuda12x", "cupy-cuda13x")
GROUPS = (right, lean, fast)


def certified(device: str | None, *, quick: bool, progress: bool) -> Certificate:
    """Check every promise on every requested device."""
    with reporter(progress) as report:
        certificate = Certificate(report)
        found = places(device)
        present = sum(not place.missing for place in found)
        for place in found:
            if not place.missing:
                certificate.share(present)
                present -= 1
                for long in (False,) if quick else (False, True):
                    for group in GROUPS:
                        group.look(certificate, place, long=long)
            else:
                certificate.leave_out("all", place.name, "every promise", place.missing)
    return certificate


def facts() -> dict[str, str]:
    """Versions of Python, the system and the packages."""
    found = {"python": platform.python_version(), "system": f"{platform.system()} {_machine()}"}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _machine() -> str:
    return platform.machine()


def certify(
    device: str | None = None,
    *,
    quick: bool = False,
    json: Path | None = None,
    html: Path | None = None,
    progress: bool = True,
) -> bool:
    """Print a certificate, write it to files, and return whether no promise is broken.

    Parameters
    ----------
    device
        ``cuda:0``, ``mps``, ``xpu:0``, ``gpu:0`` or ``cpu``; None looks for GPUs.
    quick
        Whether to skip accurate mode and the largest volume.
    json, html
        Files to write.
    progress
        Whether to show progress.
    """
    offer_second_host_device()
    certificate = certified(device, quick=quick, progress=progress)
    known = facts()
    sys.stdout.write(paper.as_text(certificate, known))
    if json:
        json.write_text(paper.as_json(certificate, known), encoding="utf-8")
    if html:
        html.write_text(paper.as_html(certificate, known), encoding="utf-8")
    return certificate.kept


__all__ = ["Place", "certified", "certify", "facts"]
