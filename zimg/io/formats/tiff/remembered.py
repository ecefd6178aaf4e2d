"""Directories of files that were read lately: those of a file of many pages take long to walk."""

import time
from collections import OrderedDict
from threading import Lock

from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.tiff.directory import Directories

FILES = 8  # kept at a time, those of the last ones
WORTH = 100  # pages: fewer are walked as fast as they are looked up
MOST = 2**21  # pages of a file that is kept: 16 bytes each
SECOND = 10**9  # in nanoseconds
# A file that changed so lately may change again within the same time stamp: these count in steps of
# up to 10 ms (ticks of the kernel), or of two seconds where none has a fraction (FAT).
FRESH, FRESH_COARSE = SECOND // 10, 3 * SECOND

Identity = tuple[int, ...]
_kept: OrderedDict[Identity, Directories] = OrderedDict()
_turn = Lock()


def directories_of(file: FileBytes) -> Directories:
    """The directories of an open file, walked unless they are known and the file is unchanged.

    Raises
    ------
    ZException
        As of `Directories`.
    """
    identity = _identity(file)
    with _turn:
        known = _kept.get(identity) if identity else None
        if known is not None and identity:
            _kept.move_to_end(identity)
            return known.of(file)
    found = Directories(file)
    if identity and WORTH <= len(found.offsets) <= MOST:
        with _turn:
            _kept[identity] = found.of(None)
            while len(_kept) > FILES:
                _kept.popitem(last=False)
    return found


def _identity(file: FileBytes) -> Identity | None:
    """What another file, or another content, does not have; None for one that just changed."""
    status = file.status
    times = status.st_mtime_ns, status.st_ctime_ns
    coarse = all(stamp % SECOND == 0 for stamp in times)
    if not 0 < max(times) < time.time_ns() - (FRESH_COARSE if coarse else FRESH):
        return None
    return status.st_dev, status.st_ino, status.st_size, *times
