"""Compiled merging of redundant nodes, by the rules of `zimg.swc.cleaning.resample_optimal`."""

import math

import numpy as np

from ._compiled import jit
from ._compiled_joining import FIRST, LAST, NONE, PARENT, depth_first, erase, link

LIKE_RADIUS, NEAR_RADIUS = 1.2, 0.5
KEEP_PARENT, TAKE_CHILD, WEIGHTED_MEAN, NEEDED = 0, 1, 2, 3


@jit
def linked(parent):
    """Links of nodes given in depth-first order."""
    links = np.full((len(parent) + 1, 5), NONE, np.int64)
    for node in range(len(parent)):
        link(links, node, parent[node], NONE)
    return links


@jit
def _continues(links, node):
    first = links[node, FIRST]
    return links[node, PARENT] >= 0 and first != NONE and first == links[node, LAST]


@jit
def _apart(points, one, other):
    x, y, z = (
        points[one, 0] - points[other, 0],
        points[one, 1] - points[other, 1],
        points[one, 2] - points[other, 2],
    )
    return math.sqrt(x * x + y * y + z * z)


@jit
def _redundancy(links, points, radius, node):
    """How to merge a node into its parent, or that it must stay."""
    parent = links[node, PARENT]
    if parent == NONE:
        return NEEDED
    apart = _apart(points, node, parent)
    own, other = radius[node], radius[parent]
    if own + apart <= other:
        return KEEP_PARENT
    if other + apart <= own:
        return TAKE_CHILD
    continues = _continues(links, node)
    if (continues or _continues(links, parent)) and (apart < own or apart < other):
        return TAKE_CHILD if links[node, FIRST] == NONE else WEIGHTED_MEAN
    if continues and apart < own + other and _interpolated(links, points, radius, node, apart):
        return KEEP_PARENT
    return NEEDED


@jit
def _interpolated(links, points, radius, node, apart):
    """Whether position and radius of a node are interpolated from its neighbours."""
    parent, child = links[node, PARENT], links[node, FIRST]
    below = _apart(points, node, child)
    share = below / (apart + below)
    rest = 1.0 - share
    x = points[node, 0] - (share * points[parent, 0] + rest * points[child, 0])
    y = points[node, 1] - (share * points[parent, 1] + rest * points[child, 1])
    z = points[node, 2] - (share * points[parent, 2] + rest * points[child, 2])
    expected, own = share * radius[parent] + rest * radius[child], radius[node]
    off = math.sqrt(x * x + y * y + z * z)
    return (
        off < NEAR_RADIUS * expected and own < LIKE_RADIUS * expected
        and expected < LIKE_RADIUS * own
    )  # fmt: skip


@jit
def _merge(links, points, radius, kind, weight, node, how):
    """Merge a node into its parent."""
    parent = links[node, PARENT]
    if how == TAKE_CHILD:
        points[parent] = points[node]
        radius[parent], kind[parent], weight[parent] = radius[node], kind[node], weight[node]
    elif how == WEIGHTED_MEAN:
        own, other = weight[node], weight[parent]
        if not (own or other):
            own, other = 1.0, 1.0
        total = own + other
        for axis in range(3):
            mixed = own * points[node, axis] + other * points[parent, axis]
            points[parent, axis] = mixed / total
        radius[parent] = (own * radius[node] + other * radius[parent]) / total
        weight[parent] += 1.0
    erase(links, node)


@jit
def thinned(points, radius, kind, parent):
    """Merge redundant nodes in place until none is left; return the nodes and their parents."""
    links = linked(parent)
    weight = np.ones(len(parent))
    for node in range(len(parent)):
        radius[node] = max(radius[node], 0.0)
    order, above = depth_first(links, len(parent))
    found = True
    while found:
        index, found = 0, False
        while index < len(order):
            how = _redundancy(links, points, radius, order[index])
            if how != NEEDED:
                _merge(links, points, radius, kind, weight, order[index], how)
                index += 1  # the next node waits for the next pass
                found = True
            index += 1
        order, above = depth_first(links, len(parent))
    return order, above
