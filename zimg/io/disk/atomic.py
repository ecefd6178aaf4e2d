"""Files and folders that appear whole or not at all."""

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

from zimg._errors import ZException
from zimg.io.disk.leftovers import hidden_name, shortened, suffix_of, sweep


@contextmanager
def atomic_path(
    path: str | os.PathLike[str], *, beside: str | os.PathLike[str] | None = None
) -> Iterator[Path]:
    """Give a temporary name to write to; on success it replaces `path` in one step.

    Parameters
    ----------
    path
        File to create or replace. Its folder must exist. A symbolic link is followed, so the file
        that it names is replaced and not the link.
    beside
        The main file that `path` belongs to, where `path` gets a new name each time: leftovers of
        earlier writes are found by it. None when `path` stands alone.

    Yields
    ------
    pathlib.Path
        An empty file in the same folder with the same suffixes, to be written.

    Raises
    ------
    ZException
        When the file cannot be written, naming it; also for an `OSError` of the block. On any
        exception the temporary file is removed and `path` is left unchanged.

    Notes
    -----
    When an existing file is replaced, its content is flushed to the disk before the rename, so that
    a power cut leaves either the old or the new file; a new file is flushed by the operating system
    as usual. An existing file keeps its permissions. Temporary files that killed processes of this
    machine left for the same target are removed first (not on Windows, where living processes
    cannot be distinguished from dead ones).
    """
    target = Path(os.path.realpath(os.fspath(path)))
    temporary: Path | None = None
    try:
        if target.is_dir():
            raise IsADirectoryError(f"{target} is a folder: expected the name of a file")
        known = target if beside is None else target.with_name(Path(beside).name)
        sweep(known, suffix_of(target))
        temporary = hidden_name(known, suffix_of(target))
        _create(temporary, target)
        yield temporary
        replaces = known.exists()
        if replaces:
            _flush(temporary)
        temporary.replace(target)
        if replaces:
            _flush_names(target.parent)
    except OSError as error:
        raise ZException(f"cannot write {beside or path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | os.PathLike[str], marks: Sequence[str]) -> Iterator[Path]:
    """Give a temporary folder to fill; on success it replaces `path`.

    Parameters
    ----------
    path
        Folder to create or replace. The folder around it must exist. A symbolic link is followed.
    marks
        An existing folder is replaced only if it is empty or contains one of these names.

    Yields
    ------
    pathlib.Path
        An empty folder beside `path`.

    Raises
    ------
    ZException
        When the folder cannot be written, naming it; also for an `OSError` of the block. On any
        exception the temporary folder is removed and `path` is left unchanged.

    Notes
    -----
    The two folders are exchanged in one step where the system supports it (Linux and macOS on most
    file systems), so that a kill at any moment leaves either the old or the new one. Elsewhere the
    old folder is renamed first; after a kill between the two renames, `recovered` restores its name
    at the next read or write. Temporary folders of killed processes of this machine are removed at
    the next write (not on Windows, where living processes cannot be distinguished from dead ones).
    """
    target = Path(os.path.realpath(os.fspath(path)))
    temporary: Path | None = None
    try:
        recovered(target)
        _check_replaceable(target, marks)
        shutil.rmtree(_aside(target), ignore_errors=True)
        sweep(target)
        temporary = hidden_name(target)
        temporary.mkdir()
        yield temporary
        replaces = target.exists()
        if replaces:
            _flush_below(temporary)
        _swap(temporary, target)
        if replaces:
            _flush_names(target.parent)
    except OSError as error:
        raise ZException(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            _remove_folder(temporary)


def _remove_folder(folder: Path) -> None:
    """Remove a folder, also when something is still being written in it."""
    for pause in (0.0, 0.01, 0.1, 1.0):
        sleep(pause)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return


def recovered(path: str | os.PathLike[str]) -> bool:
    """Restore a folder whose exchange was interrupted; return whether that was needed."""
    target = Path(os.path.realpath(os.fspath(path)))
    with suppress(OSError):
        if target.name and not target.exists():
            _aside(target).rename(target)
            return True
    return False


def _check_replaceable(target: Path, marks: Sequence[str]) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise NotADirectoryError(f"{target} is a file, give the name of a folder")
    names = {entry.name for entry in target.iterdir()}
    if names and not names.intersection(marks):
        raise FileExistsError(f"{target} is a folder of something else: none of {', '.join(marks)}")


def _aside(target: Path) -> Path:
    """Temporary name of the old folder on systems that cannot exchange names."""
    return target.with_name(f".{shortened(target.name)}.zimg-old")


def _swap(temporary: Path, target: Path) -> None:
    """Give `temporary` the name `target`; the old folder, if any, is gone or left in its place."""
    if not target.exists():
        temporary.rename(target)
    elif not _exchange(temporary, target):
        target.rename(_aside(target))
        temporary.rename(target)
        shutil.rmtree(_aside(target), ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False where the system does not support it.

    ``renameat2`` with ``RENAME_EXCHANGE`` (2) on Linux, relative to ``AT_FDCWD`` (-100);
    ``renamex_np`` with ``RENAME_SWAP`` (2) on macOS.
    """
    names = os.fsencode(one), os.fsencode(other)
    if sys.platform not in ("linux", "darwin"):
        return False
    library = ctypes.CDLL(None)
    if sys.platform == "darwin":
        return hasattr(library, "renamex_np") and library.renamex_np(*names, 2) == 0
    if not hasattr(library, "renameat2"):
        return False
    return bool(library.renameat2(-100, names[0], -100, names[1], 2) == 0)


def _flush_below(folder: Path) -> None:
    """Flush all files in a folder, and their names, to the disk."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            _flush(Path(place) / name)
        _flush_names(Path(place))


def _create(temporary: Path, target: Path) -> None:
    """Create an empty file with the permissions of `target`."""
    temporary.touch(0o600, exist_ok=False)
    with suppress(OSError):  # file systems without permissions
        temporary.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())


def _umask() -> int:
    """The mask of the process, which can be read only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _flush_names(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the system supports it."""
    if os.name != "nt":  # a folder cannot be opened there
        with suppress(OSError):  # some file systems cannot flush a folder
            _flush(folder)


def _flush(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
