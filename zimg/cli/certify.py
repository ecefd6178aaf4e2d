"""``zimg certify``: check correctness, cost and speed on a device."""

from pathlib import Path

from zimg._errors import ZException
from zimg.cli.outputs import check_output
from zimg.conformance.certify.command import certify


def run_certify(
    device: str | None,
    *,
    quick: bool,
    json: Path | None,
    html: Path | None,
    overwrite: bool,
    progress: bool,
) -> None:
    """Print a certificate; raise a `ZException` if a promise is broken or nothing ran."""
    for path, suffix in ((json, ".json"), (html, ".html")):
        if path:
            check_output(path, (suffix,), inputs=(), overwrite=overwrite)
    if not certify(device, quick=quick, json=json, html=html, progress=progress):
        raise ZException("no certificate: a promise is broken, or no check ran")
