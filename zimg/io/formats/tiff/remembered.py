"""Cache of the directories of recently read files, since walking many pages takes long."""

import time
from collections import OrderedDict
from threading import Lock

from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.tiff.directory import Directories

FILES = 8  # files in the cache
WORTH = 100  # files with fewer pages are walked as fast as looked up
MOST = 2**21  # largest number of pages to cache, 16 bytes each
SECOND = 10**9  # nanoseconds
# A file that has just changed may change again within one time stamp, which has a resolution of
# up to 10 ms (kernel ticks), or two seconds on FAT.
FRESH, FRESH_COARSE = SECOND // 10, 3 * SECOND

Identity = tuple[int, ...]
_kept: OrderedDict[Identity, Directories] = OrderedDict()
_turn = Lock()


def directories_of(file: FileBytes) -> Directories:
    """The directories of an open file, from the cache if the file is unchanged.

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
    """Identity of a file and its content; None if it has just changed or is elsewhere."""
    status = file.status
    if status is None:  # a file at an address has no status
        return None
    times = status.st_mtime_ns, status.st_ctime_ns
    coarse = all(stamp % SECOND == 0 for stamp in times)
    if not 0 < max(times) < time.time_ns() - (FRESH_COARSE if coarse else FRESH):
        return None
    return status.st_dev, status.st_ino, status.st_size, *times
