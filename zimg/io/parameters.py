"""How an image is packed in a file."""

from collections.abc import Sequence
from dataclasses import dataclass

from zimg.values.enums import Compression


@dataclass(slots=True)
class ZImgWriteParameters:
    """Options of writing; a format honours those that it has, and refuses others.

    Parameters
    ----------
    compression
        How pixels are packed; `Compression.AUTO` is the usual way of the format.
    zlibCompressionLevel
        From 0 (stored) to 9; for deflate.
    zstdCompressionLevel
        From -7 to 22; for zstd.
    jpegQuality
        From 1 to 100.
    jpegProgressive
        Whether a JPEG file is in several passes, so that it can be shown before it is complete;
        needs the extra ``oiio``.
    jpegChrominanceSubsampling
        444, 422 or 420; for colour JPEG.
    jpegAccurateDCT
        Whether accuracy goes before speed in JPEG; anything else is refused.
    jpegXRQuality
        Above 0 and up to 1, which is without loss.
    omeZarrVersion
        ``"0.5"`` (Zarr 3) or ``"0.4"`` (Zarr 2); for OME-Zarr.
    chunks
        Sizes along z, y, x, or t, c, z, y, x, of what OME-Zarr stores as one piece; None for 32
        planes of 256 by 256 of one channel.
    shards
        Sizes, in whole chunks, of what OME-Zarr stores as one file; None for a file per chunk.

    Notes
    -----
    Values are checked when a file is written, and an option that differs from its default is an
    error where the format, or the compression chosen, has no such option. Defaults are those of the
    reference, but for `jpegProgressive`, which is on there.
    """

    compression: Compression = Compression.AUTO
    zlibCompressionLevel: int = 6
    zstdCompressionLevel: int = 1
    jpegQuality: int = 95
    jpegProgressive: bool = False
    jpegChrominanceSubsampling: int = 444
    jpegAccurateDCT: bool = True
    jpegXRQuality: float = 0.8
    omeZarrVersion: str = "0.5"
    chunks: Sequence[int] | None = None
    shards: Sequence[int] | None = None
