"""Image files that OpenImageIO reads: BMP, TGA, GIF, WebP, OpenEXR, Radiance, PNM, DPX, PSD, ..."""

from pathlib import Path
from typing import Any

from zimg._errors import ZException
from zimg.io.disk.limits import check_decoded, check_entries
from zimg.io.formats.oiio.scene import OiioScene, opened_image
from zimg.io.formats.oiio.stretching import stretching
from zimg.values import FileFormat

MOST_PARTS = 100_000


class OiioReader:
    """An open file; OpenImageIO reopens it to decode pixels.

    Parameters
    ----------
    path
        An existing file.
    format
        Only `FileFormat.OpenImageIO`.

    Raises
    ------
    ZException
        When OpenImageIO cannot open the file, or it has deep pixels or claims too many pixels.

    Notes
    -----
    Images in a file are scenes; the frames of a movie are time points of one scene. Values are
    those stored: colours are not multiplied by alpha unless the file stores them so.
    """

    name = "OpenImageIO"

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002 (it is the only one)
        size, source = path.stat().st_size, opened_image(path)
        try:
            specs, name = _specs(source), source.format_name()
        finally:
            source.close()
        movie = len(specs) > 1 and bool(specs[0].get_int_attribute("oiio:Movie"))
        parts = [range(len(specs))] if movie else [range(n, n + 1) for n in range(len(specs))]
        check_entries(size, times=len(specs), channels=max(s.nchannels for s in specs))
        self.scenes = [
            OiioScene(
                path, part, [specs[n] for n in part], stretching(path, name, specs[part.start])
            )
            for part in parts
        ]
        for scene in self.scenes:
            check_decoded(scene.info.size, scene.dtype.itemsize, stored=size)

    def close(self) -> None:
        """Do nothing; no file is kept open."""


def _specs(source: Any) -> list[Any]:
    """Specifications of all images."""
    specs: list[Any] = []
    while len(specs) < MOST_PARTS and source.seek_subimage(len(specs), 0):
        spec = source.spec().copy()
        if spec.deep:
            raise ZException("deep pixels (several values each) are not supported")
        specs.append(spec)
    return specs
