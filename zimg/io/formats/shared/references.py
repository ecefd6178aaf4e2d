"""Files that another file refers to: followed only within a folder."""

from pathlib import Path, PurePosixPath, PureWindowsPath

from zimg._errors import ZException


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
    readings = PurePosixPath(name), PureWindowsPath(name)
    path = folder / name.replace("\\", "/")
    absolute = any(path.is_absolute() or path.drive or path.root for path in readings)
    if not name or absolute or "\0" in name or not _is_inside(path, root):
        raise ZException(
            f"the file refers to {name!r}, which is outside its folder: such files are not read"
        )
    if not path.is_file():
        found = "not a regular file" if path.exists() else "missing"
        raise ZException(f"the file refers to {name}, which is {found}")
    return path


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # circular links
        return False
