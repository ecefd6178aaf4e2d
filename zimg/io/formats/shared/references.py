"""Files that another file refers to: followed only within a folder."""

import os
from pathlib import Path, PurePosixPath, PureWindowsPath

from zimg._errors import ZException
from zimg.io.disk.remote import is_address


def named_inside(folder: Path, name: str, root: Path | None = None) -> Path:
    """Resolve the name of a regular file that a file in `folder` refers to.

    Parameters
    ----------
    folder
        Folder of relative names.
    name
        Name as written, with forward or backward slashes.
    root
        Folder that the path must not leave, not even through links; `folder` by default.

    Raises
    ------
    ZException
        When the file is outside `root`, missing, or not a regular file.
    """
    root = root or folder
    path = folder / name.replace("\\", "/")
    if not _is_relative(name) or not _is_inside(path, root):
        raise _outside(name)
    if not path.is_file():
        found = "not a regular file" if path.exists() else "missing"
        raise ZException(f"the file refers to {name}, which is {found}")
    return path


def named_beside(path: str | os.PathLike[str], name: str) -> Path | str:
    """Resolve the name of a file that a file on this machine or at an address refers to.

    Parameters
    ----------
    path
        The file with the reference.
    name
        Name as written, relative to the folder of `path`.

    Returns
    -------
    Path or str
        The path of an existing file, or an address, which may lack the file.

    Raises
    ------
    ZException
        When the file is outside the folder, or missing on this machine.
    """
    if not is_address(path):
        return named_inside(Path(path).parent, name)
    parts = name.replace("\\", "/").split("/")
    if not _is_relative(name) or ".." in parts or not {"?", "#"}.isdisjoint(name):
        raise _outside(name)
    return f"{str(path).rpartition('/')[0]}/{'/'.join(parts)}"


def _outside(name: str) -> ZException:
    return ZException(
        f"the file refers to {name!r}, which is outside its folder: such files are not read"
    )


def _is_relative(name: str) -> bool:
    """Whether a name has no drive and no root, on any system."""
    readings = PurePosixPath(name), PureWindowsPath(name)
    absolute = any(path.is_absolute() or path.drive or path.root for path in readings)
    return bool(name) and not absolute and "\0" not in name


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # circular links
        return False
