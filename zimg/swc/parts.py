"""Trees of a forest by themselves, what is below a node, and several forests as one."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from zimg.swc.table import COLUMNS, Table, columns_of, row_in
from zimg.swc.units import require_one_unit


def rows_between(tree: Table, first: int, last: int) -> Table:
    """Forest of the rows from `first` up to, without, `last`, whose first row becomes a root."""
    part = {name: getattr(tree, name)[first:last].copy() for name in COLUMNS}
    part["parent"] = np.maximum(part["parent"] - first, -1)
    return tree._of_columns(**part, comments=list(tree.comments))


def trees_of(tree: Table) -> list[Table]:
    """One forest for each root."""
    starts = [*tree.roots.tolist(), len(tree)]
    return [rows_between(tree, *ends) for ends in pairwise(starts)]


def subtree(tree: Table, row: int) -> Table:
    """A node and what is below it."""
    first = row_in(tree, row)
    outside = np.flatnonzero(tree.parent[first + 1 :] < first)
    return rows_between(tree, first, first + 1 + outside[0] if outside.size else len(tree))


def concatenated(kind: type[Table], trees: Iterable[Table]) -> Table:
    """Several forests as one; see `zimg.swc.editing.TreeEditing.concatenate`."""
    parts = [columns_of(tree) for tree in require_one_unit(trees)]
    if not parts:
        return kind.from_arrays(np.zeros((0, 3)), [], [])
    first_row = np.cumsum([0, *(len(part["id"]) for part in parts)])
    for part, row in zip(parts, first_row.tolist(), strict=False):
        part["parent"][part["parent"] >= 0] += row
    columns = {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}
    if len(np.unique(columns["id"])) < first_row[-1]:
        columns["id"] = np.arange(1, first_row[-1] + 1)
    comments = dict.fromkeys(comment for part in parts for comment in part["comments"])
    return kind._of_columns(**columns, comments=list(comments))
