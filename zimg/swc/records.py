"""Lines of an SWC text as columns of numbers, before anybody asks whether they make a tree."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zimg.swc.defects import Defects

COLUMNS = 7
NAMES = ("id", "type", "x", "y", "z", "radius", "parent")
BETWEEN_FIELDS = str.maketrans(",;", "  ")
LARGEST = 2**63


@dataclass(frozen=True)
class Records:
    """What the lines of a text say.

    Attributes
    ----------
    line
        ``(n,)`` number of every record's line, from 1.
    id, type, parent
        ``(n,)`` int64 columns.
    reals
        ``(n, 4)`` float64: x, y, z, radius.
    comments
        Texts after ``#``, in order.
    """

    line: NDArray[np.int64]
    id: NDArray[np.int64]
    type: NDArray[np.int64]
    parent: NDArray[np.int64]
    reals: NDArray[np.float64]
    comments: list[str]

    def only(self, keep: NDArray[np.bool_]) -> "Records":
        """Those records for which `keep` is true."""
        names = ("line", "id", "type", "parent", "reals")
        return replace(self, **{name: getattr(self, name)[keep] for name in names})


def parse_records(text: str, defects: Defects) -> Records:
    """Columns of a text.

    Parameters
    ----------
    text
        Lines that end with LF or CRLF; lines that end with CR only, if there is no LF.
    defects
        Takes what is wrong.
    """
    numbers, rows, comments = _split(text, defects)
    columns = list(zip(*rows, strict=True)) or [()] * COLUMNS
    usable = [True] * len(rows)

    def column(place: int, *, whole: bool = False) -> list[float]:
        return _converted(columns[place], NAMES[place], numbers, usable, defects, whole=whole)

    ids, types, parents = (column(place, whole=True) for place in (0, 1, 6))
    reals = [column(place) for place in (2, 3, 4, 5)]
    records = Records(
        line=np.array(numbers, dtype=np.int64),
        id=np.array(ids, dtype=np.int64),
        type=np.array(types, dtype=np.int64),
        parent=np.array(parents, dtype=np.int64),
        reals=np.array(reals, dtype=np.float64).T,
        comments=comments,
    )
    return records.only(np.array(usable, dtype=bool))


def _split(text: str, defects: Defects) -> tuple[list[int], list[list[str]], list[str]]:
    """Line numbers and seven fields of every record, and the comments."""
    numbers, rows, comments = [], [], []
    for number, line in enumerate(text.split("\n" if "\n" in text else "\r"), 1):
        body, mark, comment = line.partition("#")
        if mark:
            comments.append(comment.strip())
        fields = body.split()
        if len(fields) != COLUMNS or "," in body or ";" in body:
            if not fields:
                continue
            fields = _fields(body, number, defects)
        if len(fields) == COLUMNS:
            numbers.append(number)
            rows.append(fields)
    return numbers, rows, comments


def _fields(body: str, number: int, defects: Defects) -> list[str]:
    """Seven fields of an unusual line, or fewer after saying what is wrong."""
    fields = body.split()
    if "," in body or ";" in body:
        defects.note(number, "commas or semicolons between fields", tolerated=True)
        if len(fields) >= COLUMNS:  # a comma inside a field is then a decimal one, no separator
            fields = [field.strip(",;") for field in fields]
        else:
            fields = body.translate(BETWEEN_FIELDS).split()
    if len(fields) < COLUMNS:
        defects.error(number, f"expected {COLUMNS} columns, got {len(fields)}")
    if len(fields) > COLUMNS:
        defects.note(number, f"more than {COLUMNS} columns")
    return fields[:COLUMNS]


def _converted(
    fields: tuple[str, ...],
    name: str,
    numbers: list[int],
    usable: list[bool],
    defects: Defects,
    *,
    whole: bool,
) -> list[float]:
    """A column of numbers; clears `usable` where there is none."""
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
    """A finite number."""
    try:
        value = float("nothing" if "_" in field else field)
    except ValueError:
        raise ValueError(f"{name} is not a number: {field!r}") from None
    if not math.isfinite(value):
        raise ValueError(f"{name} is not finite: {field!r}")
    return value


def _whole(field: str, number: int, name: str, defects: Defects) -> int:
    """An integer of 64 bits, also when it is written with a point or an exponent."""
    try:
        value = int("nothing" if "_" in field else field)
    except ValueError:
        real = _real(field, name)
        if not real.is_integer():
            raise ValueError(f"{name} is not a whole number: {field!r}") from None
        defects.note(number, f"{name} written as a real number", tolerated=True)
        value = int(real)
    if not -LARGEST <= value < LARGEST:
        raise ValueError(f"{name} does not fit into 64 bits: {field!r}")
    return value
