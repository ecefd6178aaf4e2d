"""How many bytes of pixels one reading may ask for."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from zimg._errors import ZException

# Without other word: what the machine has, or this where it does not tell.
FALLBACK = 2**36
# A file may always claim this much, however small it is; more only if a codec could pack it so.
SMALL = 2**30
# More than any codec packs that stores pixels one by one (a zstd block of one value holds 128 KiB
# in 4 bytes).
HIGHEST_PACKING = 40_000

# Channels have names and colours, and times have stamps, which are made when a file is opened.
MOST_CHANNELS, MOST_TIMES = 2**16, 2**20
BELIEVED = 2**16  # channels or times, however small the file is

_limit: ContextVar[int | None] = ContextVar("zimg_decoding_limit", default=None)


@contextmanager
def decoding_limit(count: int) -> Iterator[None]:
    """Let no reading inside the block decode more than `count` bytes of pixels at once.

    Parameters
    ----------
    count
        Bytes; larger or smaller than the usual limit, which is the memory of the machine.
    """
    token = _limit.set(count)
    try:
        yield
    finally:
        _limit.reset(token)


def check_decoded(sizes: tuple[int, ...], itemsize: int, *, stored: int | None = None) -> None:
    """Refuse pixels before memory is asked for them.

    Parameters
    ----------
    sizes
        Number of voxels along each axis.
    itemsize
        Bytes of one voxel.
    stored
        Bytes of the file that holds them; None when not known.

    Raises
    ------
    ZException
        When they take more than the limit, or than a file of this size can hold.
    """
    claimed = math.prod(sizes) * itemsize
    if stored is not None and claimed > max(SMALL, HIGHEST_PACKING * stored):
        raise ZException(f"it claims {claimed} bytes of pixels, a file of {stored} cannot hold")
    allowed = _limit.get() or _memory()
    if claimed > allowed:
        raise ZException(
            f"{claimed} bytes of pixels are more than the limit of {allowed}; read a region, or "
            "raise it by zimg.io.decoding_limit"
        )


def check_counts(channels: int, times: int) -> None:
    """Refuse more channels or times than an image can have, before lists are made for them.

    Raises
    ------
    ZException
        Above 2**16 channels or 2**20 times. That a file can hold so many, its reader checks first.
    """
    limits = (("channels", channels, MOST_CHANNELS), ("times", times, MOST_TIMES))
    for name, count, most in limits:
        if count > most:
            raise ZException(f"it has {count} {name}; accepted are at most {most}")


def check_entries(stored: int, **counts: int) -> None:
    """Refuse lists that only the claim of a header would size, before they are made.

    Parameters
    ----------
    stored
        Bytes of the file. It is believed up to `BELIEVED`, and beyond that one entry per byte.
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
                f"the header claims {count} {name}; a file of {stored} bytes holds fewer"
            )


def _memory() -> int:
    """Bytes of memory that the machine has."""
    if not hasattr(os, "sysconf"):
        return FALLBACK
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
