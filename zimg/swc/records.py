"""Parse the lines of an SWC text into columns; defects are raised or kept for a warning."""

import math
import re
import warnings
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException

MOST_WARNINGS = 20
SHOWN = 60  # characters of a field or list in a message
COLUMNS = 7
NAMES = ("id", "type", "x", "y", "z", "radius", "parent")
AXES = {"x", "y", "z"}
LARGEST = 2**63
ROW = np.dtype([("id", "i8"), ("type", "i8"), ("reals", "f8", (4,)), ("parent", "i8")])


class Defects:
    """Decides for one text which defects are errors, which are warnings, and which are ignored.

    Parameters
    ----------
    name
        Name of the file, for messages.
    strict
        Treat defects that are otherwise accepted as errors.
    skip_errors
        Treat errors as warnings.
    """

    def __init__(self, name: str, *, strict: bool = False, skip_errors: bool = False) -> None:
        self.name = name
        self.strict = strict
        self.skip_errors = skip_errors
        self._lines: dict[str, list[int]] = {}

    def error(self, line: int, what: str) -> None:
        """Raise an error about a line, or keep it for a warning."""
        message = what if len(what) <= 2 * SHOWN else what[: 2 * SHOWN] + "..."
        if not self.skip_errors:
            raise ZException(f"cannot read {self.name}: line {line}: {message}")
        self._lines.setdefault(message, []).append(line)

    def note(self, line: int, what: str, *, tolerated: bool = False) -> None:
        """Report a defect that is an error only in strict reading; silently if `tolerated`."""
        if self.strict:
            self.error(line, what)
        elif not tolerated:
            self._lines.setdefault(what, []).append(line)

    def warn(self) -> None:
        """Give one warning per kind of defect, and a last one if there are too many."""
        for what, lines in list(self._lines.items())[:MOST_WARNINGS]:
            more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
            self._tell(f"line {lines[0]}{more}: {what}")
        if len(self._lines) > MOST_WARNINGS:
            self._tell(f"{len(self._lines) - MOST_WARNINGS} more defects")

    def _tell(self, what: str) -> None:
        warnings.warn(f"{self.name}: {what}", UserWarning, stacklevel=5)


@dataclass(frozen=True)
class Records:
    """Parsed lines of a text.

    Attributes
    ----------
    line
        ``(n,)`` line number of each record, from 1.
    id, type, parent
        ``(n,)`` int64 columns.
    reals
        ``(n, 4)`` float64: x, y, z, radius.
    comments
        Texts after ``#``, in order.
    named
        ``(n,)`` whether id and parent are numbers; an invalid number is stored as 0.
    usable
        ``(n,)`` whether all seven fields are valid.
    """

    line: NDArray[np.int64]
    id: NDArray[np.int64]
    type: NDArray[np.int64]
    parent: NDArray[np.int64]
    reals: NDArray[np.float64]
    comments: list[str]
    named: NDArray[np.bool_]
    usable: NDArray[np.bool_]

    def only(self, keep: NDArray[np.bool_]) -> "Records":
        """The records for which `keep` is true."""
        names = ("line", "id", "type", "parent", "reals", "named", "usable")
        return replace(self, **{name: getattr(self, name)[keep] for name in names})


def parse_records(text: str, defects: Defects) -> Records:
    """Parse a text, including records that are not usable.

    Parameters
    ----------
    text
        Lines that end with LF, CRLF or CR, in any mixture.
    defects
        Receives the defects.

    Returns
    -------
    Records
        One record for each line that has seven fields.
    """
    numbers, bodies, comments = _bodies(text)
    table = _table(bodies)
    if table is None:
        return _careful_records(numbers, bodies, comments, defects)
    sound = np.ones(len(table), dtype=bool)
    return Records(
        line=np.array(numbers, dtype=np.int64),
        id=table["id"],
        type=table["type"],
        parent=table["parent"],
        reals=table["reals"],
        comments=comments,
        named=sound,
        usable=sound,
    )


def _bodies(text: str) -> tuple[list[int], list[str], list[str]]:
    """Numbers and contents of the lines with data, and the comments."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    comments = []
    for row, line in enumerate(lines) if "#" in text else ():
        if "#" in line:
            lines[row], _, comment = line.partition("#")
            comments.append(comment.strip())
    filled = [row for row, line in enumerate(lines) if line and not line.isspace()]
    if filled and _is_head(lines[filled[0]]):
        comments.append(lines[filled.pop(0)].strip())
    bodies = lines if len(filled) == len(lines) else [lines[row] for row in filled]
    return [row + 1 for row in filled], bodies, comments


def _table(bodies: list[str]) -> NDArray[np.void] | None:
    """Parse regular lines, fast; None if any line is irregular."""
    if not bodies:
        return None
    try:
        with warnings.catch_warnings():
            # NumPy before 2.4 takes 1.5 for the integer 1 and only warns.
            warnings.filterwarnings("error", message="loadtxt", category=DeprecationWarning)
            table = np.loadtxt(bodies, dtype=ROW, comments=None, ndmin=1)
    except (ValueError, DeprecationWarning):
        return None
    return table if np.isfinite(table["reals"]).all() else None


def _careful_records(
    numbers: list[int], bodies: list[str], comments: list[str], defects: Defects
) -> Records:
    """Parse any lines, reporting every defect."""
    lines, rows = [], []
    for number, body in zip(numbers, bodies, strict=True):
        fields = _fields(body, number, defects)
        if len(fields) == COLUMNS:
            lines.append(number)
            rows.append(fields)
    columns = list(zip(*rows, strict=True)) or [()] * COLUMNS
    usable = [True] * len(rows)

    def column(place: int, *, whole: bool = False) -> list[float]:
        return _converted(columns[place], NAMES[place], lines, usable, defects, whole=whole)

    ids, parents = column(0, whole=True), column(6, whole=True)
    named = usable.copy()
    types = column(1, whole=True)
    reals = [column(place) for place in (2, 3, 4, 5)]
    return Records(
        line=np.array(lines, dtype=np.int64),
        id=np.array(ids, dtype=np.int64),
        type=np.array(types, dtype=np.int64),
        parent=np.array(parents, dtype=np.int64),
        reals=np.array(reals, dtype=np.float64).T,
        comments=comments,
        named=np.array(named, dtype=bool),
        usable=np.array(usable, dtype=bool),
    )


def _fields(body: str, number: int, defects: Defects) -> list[str]:
    """Seven fields of a line, or fewer after reporting what is wrong."""
    fields = body.split()
    if "," in body or ";" in body:
        fields = _separated(body, number, defects)
    if len(fields) < COLUMNS:
        defects.error(number, f"expected {COLUMNS} columns, got {len(fields)}")
    elif len(fields) > COLUMNS:
        if len(body.split()) < COLUMNS and not any(mark in body for mark in ";."):
            defects.error(
                number, f"{len(fields)} fields between commas, which may be decimal commas"
            )
            return []
        defects.note(number, f"more than {COLUMNS} columns; the others are ignored")
    return fields[:COLUMNS]


def _separated(body: str, number: int, defects: Defects) -> list[str]:
    """Fields of a line in which commas or semicolons separate or mark decimals."""
    fields = body.split()
    if len(fields) >= COLUMNS:
        separated = any(field[-1] in ",;" for field in fields)
        fields = [field.strip(",;") for field in fields]
    else:
        separated, fields = True, _between(";" if ";" in body else ",", body)
    if separated:
        defects.note(number, "commas or semicolons between fields", tolerated=True)
    if "." not in body and max((field.count(",") for field in fields), default=0) == 1:
        defects.note(number, "decimal commas, read as decimal points")
        fields = [field.replace(",", ".") for field in fields]
    return fields


def _between(separator: str, body: str) -> list[str]:
    """Fields between separators, including empty ones, except at the end."""
    fields = [field.strip() for field in body.split(separator)]
    while fields and not fields[-1]:
        fields.pop()
    return (
        fields if len(fields) >= COLUMNS or "" in fields else body.replace(separator, " ").split()
    )


def _is_head(body: str) -> bool:
    """Whether a line names the columns, as tables of spreadsheets and pandas do."""
    names = {name.strip("\"' ").lower() for name in re.split(r"[,;\s]+", body)}
    return names >= AXES


def _converted(
    fields: tuple[str, ...],
    name: str,
    numbers: list[int],
    usable: list[bool],
    defects: Defects,
    *,
    whole: bool,
) -> list[float]:
    """Convert a column to numbers; clears `usable` where that fails."""
    if not any("_" in field for field in fields):  # Python would read 1_0 as 10
        try:
            column: list[float] = list(map(int if whole else float, fields))
            if all(-LARGEST <= v < LARGEST for v in column) if whole else _all_finite(column):
                return column
        except ValueError:
            pass
    column = [0] * len(fields)
    for row, field in enumerate(fields):
        try:
            column[row] = (
                _whole(field, numbers[row], name, defects) if whole else _real(field, name)
            )
        except ValueError as error:
            usable[row] = False
            defects.error(numbers[row], str(error))
    return column


def _all_finite(column: list[float]) -> bool:
    return all(map(math.isfinite, column))


def _real(field: str, name: str) -> float:
    """Convert a field to a finite number."""
    try:
        value = float("nothing" if "_" in field else field)
    except ValueError:
        raise ValueError(f"{name} is not a number: {field!r}") from None
    if not math.isfinite(value):
        raise ValueError(f"{name} is not finite: {field!r}")
    return value


def _whole(field: str, number: int, name: str, defects: Defects) -> int:
    """Convert a field to a 64-bit integer, also from a form like ``1.0`` or ``1e3``."""
    try:
        value = int("nothing" if "_" in field else field)
    except ValueError:
        real = _real(field, name)
        if not real.is_integer():
            raise ValueError(f"{name} is not an integer: {field!r}") from None
        defects.note(number, f"{name} is written as a real number", tolerated=True)
        value = int(real)
    if not -LARGEST <= value < LARGEST:
        raise ValueError(f"{name} does not fit into 64 bits: {field!r}")
    return value
