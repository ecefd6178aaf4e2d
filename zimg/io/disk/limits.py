"""Limits on the bytes of pixels that one read may request."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from zimg._errors import ZException

# Default limit: the memory of the machine, or this where it is unknown.
FALLBACK = 2**36
# A file of any size may claim this much; more only if a codec could compress it to that size.
SMALL = 2**30
# Above the ratio of any codec that stores single pixels (a zstd block of one value holds 128 KiB
# in 4 bytes).
HIGHEST_PACKING = 40_000

# Opening a file creates a name and a colour per channel and a stamp per time point.
MOST_CHANNELS, MOST_TIMES = 2**16, 2**20
BELIEVED = 2**16  # channels or times, however small the file is

_limit: ContextVar[int | None] = ContextVar("zimg_decoding_limit", default=None)


@contextmanager
def decoding_limit(count: int) -> Iterator[None]:
    """Limit the bytes of pixels that one read inside the block may decode.

    Parameters
    ----------
    count
        Number of bytes, above or below the default, which is the memory of the machine.
    """
    token = _limit.set(count)
    try:
        yield
    finally:
        _limit.reset(token)


def check_decoded(sizes: tuple[int, ...], itemsize: int, *, stored: int | None = None) -> None:
    """Refuse sizes that are too large before memory is allocated.

    Parameters
    ----------
    sizes
        Number of voxels along each axis.
    itemsize
        Bytes of one voxel.
    stored
        Size of the file in bytes; None when unknown.

    Raises
    ------
    ZException
        When the pixels exceed the limit, or what a file of this size can hold.
    """
    claimed = math.prod(sizes) * itemsize
    if stored is not None and claimed > max(SMALL, HIGHEST_PACKING * stored):
        raise ZException(
            f"the header claims {claimed} bytes of pixels, "
            f"which a file of {stored} bytes cannot hold"
        )
    allowed = _limit.get() or _memory()
    if claimed > allowed:
        raise ZException(
            f"{claimed} bytes of pixels exceed the limit of {allowed}; read a region, or "
            "raise the limit with zimg.io.decoding_limit"
        )


def check_counts(channels: int, times: int) -> None:
    """Refuse too many channels or time points before lists are made for them.

    Raises
    ------
    ZException
        Above 2**16 channels or 2**20 times. Readers first check what the file can hold.
    """
    limits = (("channels", channels, MOST_CHANNELS), ("times", times, MOST_TIMES))
    for name, count, most in limits:
        if count > most:
            raise ZException(f"the image has {count} {name}: accepted are at most {most}")


def check_entries(stored: int, **counts: int) -> None:
    """Refuse counts from a header that the size of the file does not support.

    Parameters
    ----------
    stored
        Size of the file in bytes. Counts up to `BELIEVED` are accepted, beyond that one entry per
        byte.
    counts
        Number of entries by name, such as ``channels=3``.

    Raises
    ------
    ZException
        Naming the count.
    """
    for name, count in counts.items():
        if count > max(BELIEVED, stored):
            raise ZException(
                f"the header claims {count} {name}, but a file of {stored} bytes holds fewer"
            )


def _memory() -> int:
    """Bytes of memory that the machine has."""
    if not hasattr(os, "sysconf"):
        return FALLBACK
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
