"""Read forests from SWC text: decode, parse, and link the records to trees."""

import codecs
import os
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.swc.columns import NO_PARENT, cycles_in, depth_first, rows_of_ids
from zimg.swc.records import SHOWN, Defects, Records, parse_records
from zimg.swc.table import Table

HEADER = "id type x y z radius parentID"

MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # begins like the mark of UTF-16
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}
"""Byte-order marks, and the codecs that remove them."""

GUESSED = 256
"""Number of characters whose null bytes identify UTF-16 without a byte order mark."""


def read_table(
    kind: type[Table],
    path_or_text: str | os.PathLike[str],
    *,
    strict: bool = False,
    on_error: Literal["raise", "warn"] = "raise",
    allow_virtual: bool = False,
) -> Table:
    """Read a forest of a given class; see `zimg.swc.text.read_swc`."""
    if on_error not in ("raise", "warn"):
        raise ValueError(f"on_error must be 'raise' or 'warn', got {on_error!r}")
    name, text = content(path_or_text)
    defects = Defects(name, strict=strict, skip_errors=on_error == "warn")
    records = parse_records(text, defects)
    tree = linked_tree(kind, records, defects, allow_virtual=allow_virtual)
    tree.comments = [comment for comment in records.comments if comment != HEADER]
    defects.warn()
    return tree


def content(path_or_text: str | os.PathLike[str]) -> tuple[str, str]:
    """Name for messages, and the text."""
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        return "SWC text", path_or_text.removeprefix("\ufeff")
    path = Path(path_or_text)
    try:
        if path.is_char_device() or path.is_block_device():
            raise ZException(f"cannot read {path}: it is a device, not a file")
        return str(path), decoded(path.read_bytes())
    except (OSError, ValueError) as error:  # a name with a null byte is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise ZException(f"cannot read {path}: {reason}") from error


def decoded(data: bytes) -> str:
    """Decode a file by its byte-order mark, or else as UTF-16, UTF-8 or Windows-1252.

    Null bytes at every other place indicate UTF-16. A wrong guess between UTF-8 and Windows-1252
    changes only comments, since numbers are ASCII in both.
    """
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    first, second = (data[start : 2 * GUESSED : 2].count(0) for start in (0, 1))
    if max(first, second) > min(GUESSED, len(data) // 2) / 2 > 0 == min(first, second):
        return data.decode("utf-16-be" if first else "utf-16-le", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def linked_tree(
    kind: type[Table], records: Records, defects: Defects, *, allow_virtual: bool
) -> Table:
    """Make a forest of records.

    Parameters
    ----------
    kind
        Class of the forest.
    records
        Parsed lines.
    defects
        Receives errors; if it does not raise, the record is left out or its edge is cut.
    allow_virtual
        Accept negative ids.
    """
    records = records.only(records.usable)
    if not allow_virtual:
        records = _without_negative_ids(records, defects)
    records = _without_repeated_ids(records, defects)
    for row in np.flatnonzero(records.reals[:, 3] < 0).tolist():
        defects.note(
            int(records.line[row]),
            "negative radius, taken as unknown; tree.repaired() estimates it",
        )
    parent = _parent_rows(records, defects)
    _cut_cycles(parent, records, defects)
    return kind.from_arrays(
        records.reals[:, :3], records.reals[:, 3], parent, type=records.type, id=records.id
    )


def _without_negative_ids(records: Records, defects: Defects) -> Records:
    for row in np.flatnonzero(records.id < 0).tolist():
        defects.error(int(records.line[row]), f"negative id {records.id[row]}")
    return records.only(records.id >= 0)


def _without_repeated_ids(records: Records, defects: Defects) -> Records:
    """The first record of each id."""
    original = first_of_id(records)
    repeated = original != np.arange(len(original))
    for row in np.flatnonzero(repeated).tolist():
        line = records.line[original[row]]
        defects.error(
            int(records.line[row]), f"id {records.id[row]} is already used in line {line}"
        )
    return records.only(~repeated)


def first_of_id(records: Records) -> NDArray[np.int64]:
    """For each row, the first row with the same id."""
    _, first, group = np.unique(records.id, return_index=True, return_inverse=True)
    rows: NDArray[np.int64] = first[group]
    return rows


def rows_of_parents(records: Records) -> NDArray[np.int64]:
    """Row of the parent of each record, the first with its id; -1 if no record has it."""
    return rows_of_ids(records.id, records.parent)


def _parent_rows(records: Records, defects: Defects) -> NDArray[np.int64]:
    """Row of the parent of each record, -1 for roots."""
    rows = rows_of_parents(records)
    for row in np.flatnonzero((rows < 0) & (records.parent != NO_PARENT)).tolist():
        defects.note(int(records.line[row]), "the parent does not exist; the node becomes a root")
    return rows


def _cut_cycles(parent: NDArray[np.int64], records: Records, defects: Defects) -> None:
    """Report cycles of parents; if that does not raise, make one node of each a root."""
    if (parent < np.arange(len(parent))).all():
        return  # parents always come first, so there is no cycle
    for cycle in cycles_in(parent, depth_first(parent)):
        defects.error(int(records.line[cycle[0]]), cycle_text(records, cycle))
        parent[cycle[0]] = NO_PARENT


def cycle_text(records: Records, cycle: list[int]) -> str:
    """Message with the ids that form a cycle, as many as fit into a line."""
    ids = " -> ".join(map(str, records.id[[*cycle, cycle[0]]].tolist()))
    return f"parents form a cycle: {ids if len(ids) <= SHOWN else ids[:SHOWN] + '...'}"
