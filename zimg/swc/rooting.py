"""Another node as the root of a tree."""

from collections.abc import Sequence

import numpy as np

from zimg.swc.table import Table, row_in, taken


def rerooted(tree: Table, rows: int | Sequence[int]) -> Table:
    """Turn trees so that given nodes are their roots; see `zimg.swc.editing.TreeEditing`."""
    given = [row_in(tree, row) for row in np.atleast_1d(np.asarray(rows, dtype=np.int64)).tolist()]
    old, new = tree.parent.tolist(), tree.parent.copy()
    place = np.arange(len(tree))  # where each node stands among its siblings to be
    turned = set()
    for row in given:
        path = [row]
        while (above := old[path[-1]]) >= 0:
            path.append(above)
        if path[-1] in turned:
            raise ValueError(f"rows {given} are of one tree, or some of them; it has one root")
        turned.add(path[-1])
        new[path[1:]], new[row] = path[:-1], -1
        place[path[1:]] = len(tree)  # the former parent is the last child
        place[row] = path[-1]  # the tree stays where it is
    order = np.argsort(place, kind="stable")
    return taken(tree, order, new[order])
