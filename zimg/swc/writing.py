"""Write forests as SWC files: comments, then one line per node."""

import os
from collections.abc import Iterator
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.atomic import atomic_path
from zimg.swc.reading import HEADER
from zimg.swc.soma import with_three_points
from zimg.swc.table import NodeTable

LINES_AT_ONCE = 1 << 14
Soma = Literal["as it is", "three points"]


def write_swc(
    tree: NodeTable,
    path: str | os.PathLike[str],
    *,
    precision: int | None = None,
    renumber: bool = False,
    header: str | None = None,
    soma: Soma = "as it is",
) -> None:
    """Write a forest to an SWC file in depth-first order, atomically.

    Parameters
    ----------
    tree
        Any forest; an empty one writes the header only.
    path
        File to create or replace.
    precision
        Significant digits of positions and radii; None writes the shortest form that reads back
        as the same number.
    renumber
        Write the ids 1 to n in the order of the lines instead of the ids of the tree.
    header
        First comment; by default the names of the columns. The comments of the tree follow.
    soma
        ``"three points"`` writes a soma of one node as three, in the form of NeuroMorpho.Org (see
        `zimg.swc.soma.with_three_points`), and the ids 1 to n.

    Raises
    ------
    ZException
        If the file cannot be written, an id is used twice, or a position or radius is not finite.
    ValueError
        If `precision` is not positive, or `soma` is another string.
    """
    if soma not in get_args(Soma):
        raise ValueError(f"soma must be 'as it is' or 'three points', got {soma!r}")
    if precision is not None and precision < 1:
        raise ValueError(
            f"precision must be a number of digits of at least 1, or None, got {precision}"
        )
    if soma == "three points":
        tree = with_three_points(tree)
    ids = np.arange(1, len(tree) + 1) if renumber else tree.id
    _require_readable(tree, ids, path)
    comments = _comment_lines(HEADER if header is None else header, tree.comments)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for lines in (comments, *_node_lines(tree, ids, precision)):
            file.write(("\n".join(lines) + "\n").encode("utf-8", errors="replace"))


def _require_readable(
    tree: NodeTable, ids: NDArray[np.int64], path: str | os.PathLike[str]
) -> None:
    """Raise a ZException for columns from which the tree could not be read back."""
    if not (np.isfinite(tree.xyz).all() and np.isfinite(tree.radius).all()):
        raise ZException(f"cannot write {os.fspath(path)}: a position or radius is not finite")
    values, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        twice = values[counts > 1][0]
        raise ZException(
            f"cannot write {os.fspath(path)}: id {twice} is used twice; renumber=True gives new ids"
        )
    if (ids[tree.parent[tree.parent >= 0]] == -1).any():
        raise ZException(
            f"cannot write {os.fspath(path)}: a node with id -1 has children, but parent -1 "
            "means a root; renumber=True gives new ids"
        )


def _comment_lines(header: str, comments: list[str]) -> list[str]:
    """Lines of the comments, without repetitions of the header."""
    kept = [header, *(comment for comment in comments if comment != header)]
    return ["#" + line for comment in kept for line in comment.splitlines() or [""]]


def _node_lines(
    tree: NodeTable, ids: NDArray[np.int64], precision: int | None
) -> Iterator[list[str]]:
    """Lines of the nodes, in batches of thousands, which is faster than all at once."""
    parents = np.where(tree.parent >= 0, np.append(ids, -1)[tree.parent], -1)
    reals = np.column_stack([tree.xyz, tree.radius])
    for start in range(0, len(tree), LINES_AT_ONCE):
        part = slice(start, start + LINES_AT_ONCE)
        flat = reals[part].ravel().tolist()
        texts = _shortest(flat) if precision is None else [f"{v:.{precision}g}" for v in flat]
        whole = (column[part].tolist() for column in (ids, tree.type, parents))
        rows = zip(*whole, *(texts[n::4] for n in range(4)), strict=True)
        yield [f"{own} {kind} {x} {y} {z} {r} {up}" for own, kind, up, x, y, z, r in rows]


def _shortest(numbers: list[float]) -> list[str]:
    """Shortest text of each number, without the point for whole numbers."""
    return f"{repr(numbers)[1:-1]},".replace(".0,", ",")[:-1].split(", ")
