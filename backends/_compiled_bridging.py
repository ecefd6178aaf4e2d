"""Compiled search for gaps between trees and bridges across them, on columns of nodes."""

import math

import numpy as np

from ._compiled import jit
from ._compiled_chains import sorted_as_reference
from ._compiled_joining import FIRST, LAST, NONE, depth_first, link, set_root, unlink
from ._compiled_thinning import linked


@jit
def gaps(points, radius, trees, is_end, count, widest):
    """The narrowest gap between each pair of trees, in the order in which pairs are visited.

    Parameters
    ----------
    points, radius
        Of the nodes, in depth-first order, distances along z scaled.
    trees
        ``(count + 1,)`` where each tree begins.
    is_end
        Nodes from which gaps are measured: roots, leaves and branch points.
    widest
        Largest gap; negative for any.

    Returns
    -------
    tuple of ndarray
        From which node, to which, and how wide.
    """
    slot_of = np.full((count, count), -1, np.int32)
    room = np.int64(1024)
    node_of, other_of, width_of = _room(room)
    size = 0
    for tree in range(count):
        for node in range(trees[tree], trees[tree + 1]):
            if not is_end[node]:
                continue
            x, y, z = points[node]
            for other in range(count):
                if other == tree:
                    continue
                best, width = -1, np.inf
                for i in range(trees[other], trees[other + 1]):
                    u, v, w = points[i, 0] - x, points[i, 1] - y, points[i, 2] - z
                    own = math.sqrt(u * u + v * v + w * w) - radius[i]
                    if width < 0:
                        if own < 0 and own / radius[i] < width / radius[best]:
                            best, width = i, own
                    elif own < width:
                        best, width = i, own
                if widest >= 0 and width > widest:
                    continue
                slot = slot_of[min(tree, other), max(tree, other)]
                if slot < 0:
                    if size == room:
                        nodes, others, widths = _room(2 * room)
                        nodes[:room], others[:room], widths[:room] = node_of, other_of, width_of
                        node_of, other_of, width_of = nodes, others, widths
                        room *= 2
                    slot = size
                    size += 1
                    slot_of[min(tree, other), max(tree, other)] = slot
                    width_of[slot] = np.inf
                if max(0.0, width) < width_of[slot]:
                    node_of[slot], other_of[slot], width_of[slot] = node, best, max(0.0, width)
    return node_of[:size], other_of[:size], width_of[:size]


@jit
def _room(size):
    return np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size)


@jit
def spanning(first, second, width, count):
    """Whether each gap is in the minimum spanning forest, with the tie order of the reference."""
    index = np.arange(len(width))
    sorted_as_reference(width.copy(), index)
    group = np.arange(count)
    chosen = np.zeros(len(width), np.bool_)
    left = count - 1
    for edge in index:
        if left == 0:
            break
        one, other = first[edge], second[edge]
        while group[one] != one:
            group[one] = group[group[one]]
            one = group[one]
        while group[other] != other:
            group[other] = group[group[other]]
            other = group[other]
        if one != other:
            group[one] = other
            chosen[edge] = True
            left -= 1
    return chosen


@jit
def bridged(points, radius, parent, widest):
    """Join trees across the narrowest gaps: nodes in depth-first order, and places of parents."""
    nodes = len(parent)
    links = linked(parent)
    tree_of, is_end = np.empty(nodes, np.int64), np.empty(nodes, np.bool_)
    trees, count = np.empty(nodes + 1, np.int64), np.int64(0)
    for node in range(nodes):
        if parent[node] == NONE:
            trees[count] = node
            count += 1
        tree_of[node] = count - 1
        first = links[node, FIRST]
        is_end[node] = parent[node] == NONE or first == NONE or first != links[node, LAST]
    trees[count] = nodes
    one, other, width = gaps(points, radius, trees[: count + 1], is_end, count, widest)
    chosen = spanning(tree_of[one], tree_of[other], width, count)
    for gap in np.flatnonzero(chosen):
        end = np.int64(one[gap])
        set_root(links, end)
        unlink(links, end)
        link(links, end, np.int64(other[gap]), NONE)
    return depth_first(links, nodes)
