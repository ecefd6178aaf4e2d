"""Check the sizes of keys before they are read."""

from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest

from zimg._errors import ZException
from zimg.io.disk.limits import check_decoded

METADATA = ("zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata")
# Parsing text of this size takes up to twenty times as much memory.
LARGEST_METADATA = 2**25


def check_size(key: str, size: int, byte_range: ByteRequest | None) -> None:
    """Refuse keys that are too large, and byte ranges outside a key.

    Parameters
    ----------
    key, size
        The key and its size in bytes.
    byte_range
        The requested range; None for all bytes.

    Raises
    ------
    ZException
        Naming the key.
    """
    if key.rpartition("/")[2] in METADATA:
        if size > LARGEST_METADATA:
            raise ZException(
                f"{key} has {size} bytes: metadata of at most {LARGEST_METADATA} are accepted"
            )
    elif byte_range is None:
        check_decoded((size,), 1)
        if size == 0:
            raise ZException(f"{key} is empty: it is truncated")
    elif isinstance(byte_range, RangeByteRequest):
        start, end = byte_range.start, byte_range.end
        if not 0 <= start <= end <= size:
            raise ZException(
                f"{key} has {size} bytes, but its index refers to bytes {start} to {end}"
            )
    elif isinstance(byte_range, SuffixByteRequest) and byte_range.suffix > size:
        raise ZException(
            f"{key} has {size} bytes, fewer than its index of {byte_range.suffix}: it is truncated"
        )


def ends(byte_range: ByteRequest | None, size: int) -> tuple[int, int]:
    """Start and end of a byte range in `size` bytes."""
    if isinstance(byte_range, RangeByteRequest):
        return byte_range.start, byte_range.end
    if isinstance(byte_range, OffsetByteRequest):
        return byte_range.offset, size
    if isinstance(byte_range, SuffixByteRequest):
        return size - byte_range.suffix, size
    return 0, size
