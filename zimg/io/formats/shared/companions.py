"""Files that another file names: followed within a folder, and nowhere else."""

from pathlib import Path, PurePosixPath, PureWindowsPath

from zimg._errors import ZException


def named_inside(folder: Path, name: str, root: Path | None = None) -> Path:
    """The path of a regular file that a file in `folder` names.

    Parameters
    ----------
    folder
        In which relative names start.
    name
        As it is written, with slashes of any system.
    root
        What the path must not leave, also through links; `folder` by default.

    Raises
    ------
    ZException
        When the name leads out of `root`, or to nothing, or to what is not a regular file.
    """
    root = root or folder
    readings = PurePosixPath(name), PureWindowsPath(name)
    path = folder / name.replace("\\", "/")
    absolute = any(path.is_absolute() or path.drive or path.root for path in readings)
    if not name or absolute or "\0" in name or not _is_inside(path, root):
        raise ZException(
            f"the file points to {name!r}, which is not beside it or below: such files are not read"
        )
    if not path.is_file():
        found = "not a regular file" if path.exists() else "missing"
        raise ZException(f"the file points to {name}, which is {found}")
    return path


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return False
