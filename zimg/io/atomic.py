"""Files that appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zimg._errors import ZException

# The longest name that common file systems take is 255 bytes; the temporary one is longer.
LONGEST_STEM = 100


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Name to write instead of `path`; on leaving without an error it becomes `path` in one step.

    Parameters
    ----------
    path
        File to create or replace. Its folder must exist. A symbolic link is followed, so the file
        that it names is replaced and not the link.

    Yields
    ------
    pathlib.Path
        An empty file in the same folder, with the same suffixes, on which to write.

    Raises
    ------
    ZException
        When the file cannot be written, naming it; also for an `OSError` of the block. Whatever
        the block raises, the temporary file is removed and `path` stays what it was.

    Notes
    -----
    The content reaches the disk before the name does, so that a power cut leaves the old file or
    the new one. An existing file's permissions are kept; a new one gets the usual ones.
    """
    target = Path(os.path.realpath(os.fspath(path)))
    temporary: Path | None = None
    try:
        if target.is_dir():
            raise IsADirectoryError(f"{target} is a folder, give the name of a file")
        temporary = _beside(target)
        yield temporary
        _flush(temporary)
        temporary.replace(target)
        with suppress(OSError):  # some file systems cannot flush a folder
            _flush(target.parent)
    except OSError as error:
        raise ZException(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _beside(target: Path) -> Path:
    """An empty temporary file next to `target`, with the permissions that `target` shall have."""
    suffixes = "".join(target.suffixes[-2:])  # writers look at them, and .ome.tif has two
    stem = target.name[: -len(suffixes) or None][:LONGEST_STEM]
    handle, name = tempfile.mkstemp(prefix=f".{stem}-", suffix=suffixes, dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    with suppress(OSError):  # file systems without permissions
        temporary.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
    return temporary


def _umask() -> int:
    """The mask of the process, which can be read only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _flush(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    if path.is_dir() and os.name == "nt":
        return  # a folder cannot be opened there
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
