"""Leica projects (.xlef, .xlcf, .xlif): referenced files must lie in the project folder."""

from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from zimg._errors import ZException
from zimg.io.disk.xml import xml_root
from zimg.io.formats.shared.references import named_inside

LISTS = (".xlef", ".xlcf")  # suffixes of files that refer to others
LONGEST_XML = 2**28  # bytes of a file that is text alone
MOST_FILES = 100_000
UTF16 = (b"\xff\xfe", b"\xfe\xff")


def check_references(path: Path) -> set[Path]:
    """Refuse a project that refers to files outside its folder, before any file is opened.

    Parameters
    ----------
    path
        A file of any Leica format; only lists refer to other files.

    Returns
    -------
    set of Path
        The file and all files that it refers to.

    Raises
    ------
    ZException
        When a reference is absolute, leaves the folder of `path`, is missing or not a regular file.
    """
    root, seen, left = path.absolute().parent, set[Path](), [path.absolute()]
    while left:
        current = left.pop()
        if current in seen:
            continue
        seen.add(current)
        if current.suffix.lower() not in LISTS:
            continue
        for name in _references(current):
            left.append(_found(current.parent, name, root))
            if len(seen) + len(left) > MOST_FILES:
                raise ZException(f"the project refers to more than {MOST_FILES} files")
    return seen


def _references(path: Path) -> list[str]:
    """File names in a list, unescaped."""
    if path.stat().st_size > LONGEST_XML:
        raise ZException(
            f"{path.name} has {path.stat().st_size} bytes, too many for a list of files"
        )
    data = path.read_bytes()
    text = data.decode("utf-16" if data[:2] in UTF16 else "utf-8-sig", "replace")
    root: ET.Element = xml_root(text.partition("?>")[2] or text, path.name)
    listed = root.findall("./Element/Children/Reference")
    return [unquote(each.get("File", "")) for each in listed if each.get("File")]


def _found(folder: Path, name: str, root: Path) -> Path:
    """Find a file by name, ignoring case, since projects come from Windows."""
    path, parts = folder, name.replace("\\", "/").split("/")
    if parts[0]:  # absolute names are refused later
        for number, part in enumerate(parts):
            parts[number] = _spelled(path, part)
            path /= parts[number]
    return named_inside(folder, "/".join(parts), root)


def _spelled(folder: Path, name: str) -> str:
    """The spelling of a name in a folder."""
    if name in ("", ".", "..") or not folder.is_dir() or (folder / name).exists():
        return name
    return next((e.name for e in folder.iterdir() if e.name.lower() == name.lower()), name)
