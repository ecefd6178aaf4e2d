"""Worker for the subtraction of trees: file names by setters or task files, one call to run."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from zimg._errors import ZException
from zimg.swc import ZSwc
from zimg.swc.subtraction import subtract
from zimg.workers import checks
from zimg.workers.logs import log, logging_to
from zimg.workers.output import check_writable
from zimg.workers.settings import Setting, Settings, stores


def _names(name: str, value: Any) -> list[str]:
    """Return file names as a list of strings; a single name is refused."""
    if isinstance(value, str | os.PathLike) or not isinstance(value, Sequence):
        raise TypeError(f"{name} must be a sequence of file names, not {value!r}")
    return [checks.text(name, item) for item in value]


class ZSwcSubtract(Settings):
    """Remove the nodes of a tree in a file that lie inside the trees of other files.

    The setters store file names; `run` reads the files, subtracts as `zimg.subtract`, and writes.

    Examples
    --------
    >>> worker = zimg.ZSwcSubtract()
    >>> worker.setInputSwcFilename("cell.swc")
    >>> worker.setSubtractSwcFilenames(["soma.swc"])
    >>> worker.setOutputSwcFilename("neurites.swc")
    >>> left, before = worker.run()
    """

    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("log_file", checks.text, "", required=True),
        Setting("input_swc", checks.text, "", required=True),
        Setting("subtract_swcs", _names, (), encode=list, required=True),
        Setting("output_swc", checks.text, "", required=True),
    )

    @stores("input_swc")
    def setInputSwcFilename(self, filename: str) -> None:
        """Set the tree to subtract from.

        Parameters
        ----------
        filename
            SWC file.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    @stores("subtract_swcs")
    def setSubtractSwcFilenames(self, filenames: Sequence[str]) -> None:
        """Set the trees to subtract.

        Parameters
        ----------
        filenames
            One or more SWC files.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    @stores("output_swc")
    def setOutputSwcFilename(self, filename: str) -> None:
        """Set the SWC file to write.

        Parameters
        ----------
        filename
            Its folder must exist; an existing file is replaced.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    @stores("log_file")
    def setLogFile(self, logfilename: str) -> None:
        """Set the log file.

        Parameters
        ----------
        logfilename
            File that each run overwrites with its log lines; empty for none.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    def run(self, *, legacy_order: bool = False) -> tuple[int, int]:
        """Subtract and write the file; if no node is left, it has a header only.

        Parameters
        ----------
        legacy_order
            As in `zimg.subtract`.

        Returns
        -------
        left, before
            Numbers of nodes in the output and in the input.

        Raises
        ------
        ZException
            If a name is not set, a file cannot be read, or the output cannot be written. The output
            is checked before the inputs are read.
        """
        with logging_to(self.values["log_file"]):
            output = check_writable(self._named("output_swc", "Output SWC file"))
            source = self._named("input_swc", "Input SWC file")
            if not self.values["subtract_swcs"]:
                raise ZException("Subtract SWC list can not be empty.")
            tree = _read(source)
            left = subtract(
                tree, list(map(_read, self.values["subtract_swcs"])), legacy_order=legacy_order
            )
            left.save(output)
            log.info("SWC subtract: %d of %d nodes left in %s", len(left), len(tree), output)
            return len(left), len(tree)

    def _named(self, key: str, what: str) -> Path:
        if not self.values[key].strip():
            raise ZException(f"{what} can not be empty.")
        return Path(self.values[key])


def _read(path: str | Path) -> ZSwc:
    """Read a tree; nodes with negative ids are kept."""
    if not str(path).strip():
        raise ZException("Subtract SWC list holds an empty name.")
    tree = ZSwc()
    tree.load(path, allow_virtual=True)
    return tree
