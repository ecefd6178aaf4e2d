"""Sizes of what a store holds under a key, checked before it is read."""

from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest

from zimg._errors import ZException
from zimg.io.disk.limits import check_decoded

METADATA = ("zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata")
# A text of this size takes up to twenty times as much memory when it is parsed.
LARGEST_METADATA = 2**25


def check_size(key: str, size: int, byte_range: ByteRequest | None) -> None:
    """Refuse what is too large to be read, and a part of a key that it does not have.

    Parameters
    ----------
    key, size
        The key, and the bytes that are stored under it.
    byte_range
        Which of them are wanted; None for all.

    Raises
    ------
    ZException
        Naming the key.
    """
    if key.rpartition("/")[2] in METADATA:
        if size > LARGEST_METADATA:
            raise ZException(
                f"{key} has {size} bytes; accepted are metadata of at most {LARGEST_METADATA}"
            )
    elif byte_range is None:
        check_decoded((size,), 1)
        if size == 0:
            raise ZException(f"{key} has 0 bytes: it is truncated")
    elif isinstance(byte_range, RangeByteRequest):
        start, end = byte_range.start, byte_range.end
        if not 0 <= start <= end <= size:
            raise ZException(f"{key} of {size} bytes refers to its bytes {start} to {end}")
    elif isinstance(byte_range, SuffixByteRequest) and byte_range.suffix > size:
        raise ZException(
            f"{key} has {size} bytes, fewer than its index of {byte_range.suffix}: it is truncated"
        )


def ends(byte_range: ByteRequest | None, size: int) -> tuple[int, int]:
    """Begin and end of a part of `size` bytes."""
    if isinstance(byte_range, RangeByteRequest):
        return byte_range.start, byte_range.end
    if isinstance(byte_range, OffsetByteRequest):
        return byte_range.offset, size
    if isinstance(byte_range, SuffixByteRequest):
        return size - byte_range.suffix, size
    return 0, size
