"""Forests for properties: any that can be stored, and such that lengths are nearly exact."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from zimg.swc import ZSwc
from zimg.swc.forest import Forest

IDS = st.integers(0, 2**63 - 1)
INT64 = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
# Thousandths: their sums and differences are neither lost nor tiny.
PLAIN = st.integers(-10_000, 10_000).map(lambda number: number / 1000)


def _numbers(draw: st.DrawFn, values: st.SearchStrategy[Any], count: int) -> list[Any]:
    return draw(st.lists(values, min_size=count, max_size=count))


@st.composite
def forests(
    draw: st.DrawFn,
    numbers: st.SearchStrategy[float] = PLAIN,
    least: int = 0,
    ids: st.SearchStrategy[int] = IDS,
) -> ZSwc:
    """A forest of up to fifteen nodes with all columns set."""
    count = draw(st.integers(least, 15))
    reals = np.array(_numbers(draw, numbers, 4 * count), dtype=np.float64).reshape(count, 4)
    return ZSwc.from_arrays(
        reals[:, :3],
        np.abs(reals[:, 3]),
        [draw(st.integers(-1, row - 1)) for row in range(count)],
        type=_numbers(draw, INT64, count),
        id=draw(st.lists(ids, min_size=count, max_size=count, unique=True)),
        label=_numbers(draw, INT64, count),
        comments=["first", "second"],
    )


def chain(x: Any, *, radius: Any = 1, **columns: Any) -> ZSwc:
    """Nodes on the x axis, each the parent of the next; radius 1 unless given."""
    xyz = np.array(x, dtype=np.float64)[:, None] * [1.0, 0.0, 0.0]
    return ZSwc.from_arrays(xyz, radius, np.arange(len(x)) - 1, **columns)


def same(tree: ZSwc, other: ZSwc) -> bool:
    """Equal, labels and comments too."""
    labels = np.array_equal(tree.label, other.label)
    return tree == other and labels and tree.comments == other.comments


def edges(tree: ZSwc) -> set[frozenset[int]]:
    """Pairs of ids that are linked, without direction."""
    linked = np.flatnonzero(tree.parent >= 0)
    pairs = zip(tree.id[linked].tolist(), tree.parent_id[linked].tolist(), strict=True)
    return {frozenset(pair) for pair in pairs}


def linked(tree: ZSwc) -> Forest:
    """Movable nodes of a tree, node ``i`` from row ``i``, with weights 0."""
    forest = Forest.from_nodes(tree.xyz, tree.radius)
    forest.type, forest.id = tree.type.tolist(), tree.id.tolist()
    for node, parent in enumerate(tree.parent.tolist()):
        if parent >= 0:
            forest.unlink(node)
            forest.link(node, parent)
    return forest
