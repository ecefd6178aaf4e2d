"""A file format: its names and signs, and what reads and writes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from zimg._errors import ZException
from zimg.io.scenes.scene import Reader
from zimg.io.writer import Writer
from zimg.values import FileFormat


@dataclass(frozen=True, slots=True)
class Format:
    """Formats that one reader, one writer or both are for.

    Parameters
    ----------
    name
        As it is named in errors and tables.
    formats
        Members of `FileFormat` that it stands for.
    suffixes
        Ends of file names, in lower case.
    signatures
        Pairs of place and bytes; a file that has one of them is of this format.
    marks
        Names of files that a folder of this format contains one of.
    reader
        ``module:name`` of what opens a path with a `FileFormat`; empty when nothing does.
    writer
        What has `check` and `write`: a module, or ``module:name``; empty when nothing does.
    write_suffixes
        Ends of file names that are written; those that are read when not given.
    inside
        Names of formats that are containers of files of this one: a file with a suffix of this
        format that begins as one of them is of this format.
    accepts
        ``module:name`` of what says whether installed packages read a path, for a reader without
        suffixes of its own. It is asked last, when `requires` are installed.
    extra
        Extra of the distribution that brings what is needed.
    requires
        Packages that are imported beyond those of the core.
    """

    name: str
    formats: tuple[FileFormat, ...]
    suffixes: tuple[str, ...]
    signatures: tuple[tuple[int, bytes], ...] = ()
    marks: tuple[str, ...] = ()
    reader: str = ""
    writer: str = ""
    write_suffixes: tuple[str, ...] = field(default=())
    inside: tuple[str, ...] = ()
    accepts: str = ""
    extra: str = ""
    requires: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that are required and not installed."""
        return tuple(name for name in self.requires if find_spec(name.split(".")[0]) is None)

    def check_installed(self) -> None:
        """Raise a `ZException` that names the extra to install, when something is missing."""
        if self.missing:
            raise ZException(
                f"{self.name} needs {', '.join(self.missing)}; "
                f'pip install "zimg-xp[{self.extra}]" adds it'
            )

    def open(self, path: Path | str, format: FileFormat) -> Reader:
        """Open `path`, or an address, with the reader of this format, which is imported now."""
        self.check_installed()
        make: Callable[[Path | str, FileFormat], Reader] = _named(self.reader)
        return make(path, format)

    def accepted(self, path: Path) -> bool:
        """Whether what `accepts` names takes a file; False when a package is not installed."""
        if not self.accepts or self.missing:
            return False
        return bool(_named(self.accepts)(path))

    def writing(self) -> Writer:
        """What writes this format, imported now."""
        self.check_installed()
        module, _, name = self.writer.partition(":")
        found: Writer = import_module(module)
        return getattr(found, name) if name else found

    def has_signature(self, head: bytes) -> bool:
        """Whether the first bytes of a file are those of this format."""
        return any(head.startswith(mark, place) for place, mark in self.signatures)


def _named(place: str) -> Any:
    """What ``module:name`` stands for, imported now."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
