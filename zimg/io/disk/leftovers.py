"""Hidden names of files being written, and the removal of those that killed processes left."""

import os
import platform
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

# Bytes; common file systems take names of up to 255, and a hidden name adds less than 80 to these.
LONGEST_STEM = 100
LONGEST_SUFFIX = 50
PROCESSES = "/proc/self/ns/pid"  # on Linux, a link to the table that our number stands in


def hidden_name(target: Path, suffix: str = "") -> Path:
    """Make a new name next to `target` that identifies the writing process.

    Parameters
    ----------
    target
        File or folder to write.
    suffix
        End of the name; `target` without it becomes its beginning.

    Returns
    -------
    pathlib.Path
        ``.<target>.<machine>-<process>.<eight random digits>.tmp<suffix>``.
    """
    stem, maker = _stem(target, suffix), f"{_machine()}-{os.getpid()}"
    return target.with_name(f".{stem}.{maker}.{secrets.token_hex(4)}.tmp{suffix}")


def sweep(target: Path, suffix: str = "") -> None:
    """Remove files with a `hidden_name` whose process, on this machine, no longer runs.

    Parameters
    ----------
    target, suffix
        As given to `hidden_name`; files for other targets are kept.
    """
    start, end = f".{_stem(target, suffix)}.{_machine()}-", f".tmp{suffix}"
    form = re.compile(rf"{re.escape(start)}(\d+)\.[0-9a-f]{{8}}{re.escape(end)}")
    with suppress(OSError):  # a folder that one may write to, but not list
        for name in os.listdir(target.parent):  # noqa: PTH208 (there may be a million names)
            found = form.fullmatch(name)
            if found and not _lives(int(found[1])):
                _remove(target.with_name(name))


def suffix_of(target: Path) -> str:
    """The last two suffixes of a name such as ``.ome.tif``; fewer if they are long."""
    ends = ("".join(target.suffixes[-count:]) for count in (2, 1))
    return next((end for end in ends if len(os.fsencode(end)) <= LONGEST_SUFFIX), "")


def shortened(name: str) -> str:
    """The beginning of a name, short enough to append a suffix."""
    return name.encode("utf-8", "ignore")[:LONGEST_STEM].decode("utf-8", "ignore")


def _stem(target: Path, suffix: str) -> str:
    return shortened(target.name.removesuffix(suffix))


def _machine() -> str:
    """Identity of the machine and container, within which process numbers are unique."""
    table = ""
    with suppress(OSError):
        table = os.readlink(PROCESSES)  # noqa: PTH115 (not a path: pid:[4026531836])
    return re.sub("[^A-Za-z0-9]+", "_", f"{platform.node()[:32]} {table}").strip("_")


def _lives(process: int) -> bool:
    """Whether a process of this number may be running."""
    if os.name == "nt":  # processes cannot be looked up
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _remove(path: Path) -> None:
    with suppress(OSError):  # another process may be doing the same
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
