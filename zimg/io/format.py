"""Description of a file format: names, signatures, reader and writer."""

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
    """A file format with its reader, its writer or both.

    Parameters
    ----------
    name
        Name in errors and tables.
    formats
        Members of `FileFormat` that it covers.
    suffixes
        Suffixes of file names, in lower case.
    signatures
        Pairs of offset and bytes; a file that matches one of them has this format.
    marks
        File names, one of which identifies a folder as this format.
    reader
        ``module:name`` of a callable that opens a path with a `FileFormat`; empty if not readable.
    writer
        Module, or ``module:name``, with `check` and `write`; empty if not writable.
    write_suffixes
        Suffixes of file names to write; by default those to read.
    inside
        Names of container formats: a file with a suffix of this format and the signature of one of
        these containers has this format.
    accepts
        ``module:name`` of a function that returns whether installed packages can read a path, for
        a reader without suffixes. It is called last, if `requires` are installed.
    remote
        Whether addresses (``https://``, ``s3://``, ...) are read too.
    extra
        Extra of the distribution that installs the requirements.
    requires
        Required packages beyond those of the core.
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
    remote: bool = False
    extra: str = ""
    requires: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Required packages that are not installed."""
        return tuple(name for name in self.requires if find_spec(name.split(".")[0]) is None)

    def check_installed(self) -> None:
        """Raise a `ZException` that names the extra to install if a package is missing."""
        if self.missing:
            raise ZException(
                f"{self.name} needs {', '.join(self.missing)}; "
                f'pip install "zimg-xp[{self.extra}]" adds it'
            )

    def open(self, path: Path | str, format: FileFormat) -> Reader:
        """Import the reader of this format and open a path or an address with it."""
        self.check_installed()
        make: Callable[[Path | str, FileFormat], Reader] = _named(self.reader)
        return make(path, format)

    def accepted(self, path: Path) -> bool:
        """Whether `accepts` accepts a file; False if a package is not installed."""
        if not self.accepts or self.missing:
            return False
        return bool(_named(self.accepts)(path))

    def writing(self) -> Writer:
        """Import and return the writer of this format."""
        self.check_installed()
        module, _, name = self.writer.partition(":")
        found: Writer = import_module(module)
        return getattr(found, name) if name else found

    def has_signature(self, head: bytes) -> bool:
        """Whether the first bytes of a file match a signature of this format."""
        return any(head.startswith(mark, place) for place, mark in self.signatures)


def _named(place: str) -> Any:
    """Import the object with the name ``module:name``."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
