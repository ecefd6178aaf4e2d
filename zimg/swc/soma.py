"""Somas and dendrites: node types from radius and position, and somas of three points."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from zimg.swc.operations import rerooted
from zimg.swc.table import NodeTable, Table

SOMA = 1
"""SWC type of a soma."""

SOMA_SHARE = 3.0
"""Radius of the root over the smallest radius of a soma node (behaviour of the reference)."""


def label_soma(
    tree: Table, radius_threshold: float = 0.0, *, soma_type: int = 1, other_type: int = 2
) -> Table:
    """Root each tree in its thickest node and set the types of soma and other nodes.

    Parameters
    ----------
    tree
        Any forest; it is not changed.
    radius_threshold
        Smallest radius of a soma; a tree whose thickest node is thinner has none.
    soma_type, other_type
        Types to set. The soma is the root, and each node whose parent is soma and whose radius is
        at least a third of the root's.

    Returns
    -------
    ZSwc
        The same nodes with the same ids, in new order and with new types.
    """
    ends = pairwise([*tree.roots.tolist(), len(tree)])  # a tree's rows lie together
    labelled = rerooted(
        tree, [first + int(np.argmax(tree.radius[first:last])) for first, last in ends]
    )
    labelled.type[:] = _soma_types(labelled, radius_threshold, soma_type, other_type)
    return labelled


def _soma_types(
    tree: NodeTable, radius_threshold: float, soma_type: int, other_type: int
) -> NDArray[np.int64]:
    """Types of the nodes of trees that are rooted in their thickest node."""
    is_soma = np.zeros(len(tree), dtype=bool)
    thickest = 0.0
    for row, (parent, radius) in enumerate(zip(tree.parent, tree.radius, strict=True)):
        if parent < 0:
            thickest, is_soma[row] = radius, radius >= radius_threshold
        else:
            is_soma[row] = is_soma[parent] and radius * SOMA_SHARE >= thickest
    return np.where(is_soma, soma_type, other_type)


def with_three_points(tree: Table, *, soma_type: int = SOMA) -> Table:
    """Replace each soma of one node by three nodes, in the form of NeuroMorpho.Org.

    The root stays the centre; its first two children are one radius below and above it along y,
    with its radius and type (http://neuromorpho.org/SomaFormat.html).

    Parameters
    ----------
    tree
        Any forest; it is not changed.
    soma_type
        Type of a soma's nodes.

    Returns
    -------
    ZSwc
        Trees whose root is their only soma node get two more nodes; other trees are unchanged. Ids
        are renumbered 1 to n.
    """
    is_soma, roots = tree.type == soma_type, tree.roots
    somas = np.bincount((np.cumsum(tree.parent < 0) - 1)[is_soma], minlength=len(roots))
    centre = np.repeat(roots[is_soma[roots] & (somas == 1)], 2)
    points = tree.xyz[centre]
    radius = np.maximum(tree.radius[centre], 0.0)
    points[0::2, 1] -= radius[0::2]
    points[1::2, 1] += radius[1::2]
    extra = len(centre)
    rows = np.append(centre, np.arange(len(tree)))  # in front of their siblings
    above = np.append(centre, tree.parent)
    return tree.from_arrays(
        np.append(points, tree.xyz, axis=0),
        tree.radius[rows],
        np.where(above >= 0, above + extra, -1),
        type=tree.type[rows],
        label=tree.label[rows],
        comments=tree.comments,
    )


def label_pyramidal(
    tree: NodeTable, *, basal_type: int = 3, apical_type: int = 4, soma_type: int = 1
) -> NDArray[np.int64]:
    """Types of the apical and basal dendrites of a pyramidal cell.

    Parameters
    ----------
    tree
        One tree, rooted in its thickest node, with its soma labelled; or an empty forest.
    basal_type, apical_type
        Types to set. A branch that leaves the soma is apical if its first node has a larger y than
        the root.
    soma_type
        Type of the nodes of the soma, which keep it.

    Returns
    -------
    numpy.ndarray
        ``(n,)`` int64 types of the rows of `tree`.

    Raises
    ------
    ValueError
        If there are several trees, or the root is not the thickest node.
    """
    if len(tree.roots) > 1:
        raise ValueError(f"expected one tree, got {len(tree.roots)}")
    if len(tree) and tree.radius.max() > tree.radius[0]:
        raise ValueError("the root must be the thickest node; call labelSomaAndOthers first")
    types = tree.type.copy()
    for row in np.flatnonzero(tree.type != soma_type).tolist():
        parent = tree.parent[row]
        if parent >= 0 and tree.type[parent] != soma_type:
            types[row] = types[parent]
        else:
            apical = parent >= 0 and tree.xyz[row, 1] > tree.xyz[0, 1]
            types[row] = apical_type if apical else basal_type
    return types
