"""Records of an SWC text joined to trees, or what keeps them from being trees."""

import numpy as np
from numpy.typing import NDArray

from zimg.swc.columns import NO_PARENT, rows_of_ids
from zimg.swc.defects import SHOWN, Defects
from zimg.swc.order import cycles_in, depth_first
from zimg.swc.records import Records
from zimg.swc.tree import ZSwc


def linked_tree(records: Records, defects: Defects, *, allow_virtual: bool) -> ZSwc:
    """Forest of the nodes that the records describe.

    Parameters
    ----------
    records
        Columns of a text.
    defects
        Takes what is wrong; if it does not raise, the record is left out or its edge is cut.
    allow_virtual
        Accept negative ids.
    """
    records = records.only(records.usable)
    if not allow_virtual:
        records = _without_negative_ids(records, defects)
    records = _without_repeated_ids(records, defects)
    for row in np.flatnonzero(records.reals[:, 3] < 0).tolist():
        defects.note(int(records.line[row]), "negative radius, counted as 0")
    parent = _parent_rows(records, defects)
    _cut_cycles(parent, records, defects)
    return ZSwc.from_arrays(
        records.reals[:, :3], records.reals[:, 3], parent, type=records.type, id=records.id
    )


def _without_negative_ids(records: Records, defects: Defects) -> Records:
    for row in np.flatnonzero(records.id < 0).tolist():
        defects.error(int(records.line[row]), f"negative id {records.id[row]}")
    return records.only(records.id >= 0)


def _without_repeated_ids(records: Records, defects: Defects) -> Records:
    """The first record of every id."""
    original = first_of_id(records)
    repeated = original != np.arange(len(original))
    for row in np.flatnonzero(repeated).tolist():
        line = records.line[original[row]]
        defects.error(
            int(records.line[row]), f"id {records.id[row]} was given before, in line {line}"
        )
    return records.only(~repeated)


def first_of_id(records: Records) -> NDArray[np.int64]:
    """Of every row, the first row with its id."""
    _, first, group = np.unique(records.id, return_index=True, return_inverse=True)
    rows: NDArray[np.int64] = first[group]
    return rows


def rows_of_parents(records: Records) -> NDArray[np.int64]:
    """Row of every record's parent, the first with its id; -1 where there is none."""
    return rows_of_ids(records.id, records.parent)


def _parent_rows(records: Records, defects: Defects) -> NDArray[np.int64]:
    """Row of every record's parent, -1 for roots."""
    rows = rows_of_parents(records)
    for row in np.flatnonzero((rows < 0) & (records.parent != NO_PARENT)).tolist():
        defects.note(int(records.line[row]), "the parent does not exist, the node is a root")
    return rows


def _cut_cycles(parent: NDArray[np.int64], records: Records, defects: Defects) -> None:
    """Name cycles of parents; if that does not raise, make a root of a node of each."""
    if (parent < np.arange(len(parent))).all():
        return  # parents come first everywhere, so there is none
    for cycle in cycles_in(parent, depth_first(parent)):
        defects.error(int(records.line[cycle[0]]), cycle_text(records, cycle))
        parent[cycle[0]] = NO_PARENT


def cycle_text(records: Records, cycle: list[int]) -> str:
    """Say which ids form a cycle, those that fit into a line."""
    ids = " -> ".join(map(str, records.id[[*cycle, cycle[0]]].tolist()))
    return f"parents form a cycle: {ids if len(ids) <= SHOWN else ids[:SHOWN] + '...'}"
