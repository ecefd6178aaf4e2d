"""Write parameters: compression and its options."""

from collections.abc import Sequence
from dataclasses import dataclass

from zimg.values.enums import Compression


@dataclass(slots=True)
class ZImgWriteParameters:
    """Options for writing; a format refuses options that it does not support.

    Parameters
    ----------
    compression
        Compression method; `Compression.AUTO` chooses the default of the format.
    zlibCompressionLevel
        From 0 (no compression) to 9, for deflate.
    zstdCompressionLevel
        From -7 to 22, for zstd.
    jpegQuality
        From 1 to 100.
    jpegProgressive
        Whether to write progressive JPEG; needs the extra ``oiio``.
    jpegChrominanceSubsampling
        444, 422 or 420, for colour JPEG.
    jpegAccurateDCT
        Must be True: only the accurate transform is implemented.
    jpegXRQuality
        Above 0 and up to 1; 1 is lossless.
    omeZarrVersion
        ``"0.5"`` (Zarr 3) or ``"0.4"`` (Zarr 2), for OME-Zarr.
    chunks
        Chunk sizes of OME-Zarr along z, y, x or t, c, z, y, x; None for 32 planes of 256 by 256 of
        one channel.
    shards
        Shard sizes of OME-Zarr, multiples of the chunk sizes; None for one file per chunk.

    Notes
    -----
    Values are checked when a file is written. An option that differs from its default is an error
    if the format or the chosen compression does not support it. Defaults are those of the reference
    except for `jpegProgressive`, which is on there.
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
