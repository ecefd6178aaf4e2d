"""``zimg certify``: whether a device is used rightly, leanly and fast."""

from pathlib import Path

from zimg._errors import ZException
from zimg.cli.outputs import check_output
from zimg.conformance.certify.command import certify  # the suite is beside the library


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
        raise ZException("the certificate is not given: a promise is broken, or nothing ran")
