"""Assembly of the tree of a body from the trees of its parts, joined at shared voxels."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from zimg.blocked.bodies import Patch
from zimg.swc import ZSwc
from zimg.swc.forest import Forest
from zimg.swc.graphs import spanning

Part = tuple[int, int]
Edge = tuple[float, int, int]

MOST_PAIRS = 64
"""Largest number of nodes around a cluster of patches that are all compared with each other."""


@dataclass(frozen=True)
class Share:
    """Share of one block in a body.

    Attributes
    ----------
    block
        Number of the block.
    tree
        Nodes in its core; may be empty.
    parts
        ``(nodes,)`` connected part of the body in the core in which each node lies.
    patches
        Patches that the parts share with other blocks.
    """

    block: int
    tree: ZSwc
    parts: NDArray[np.int64]
    patches: Sequence[Patch]


def mended(shares: Sequence[Share]) -> ZSwc:
    """Join the trees of all blocks of one body.

    Parameters
    ----------
    shares
        Shares of the blocks, sorted by block.

    Returns
    -------
    ZSwc
        Parts that share a patch are linked at their nearest nodes, shorter links first, without
        cycles. Parts without a node, which are slivers in a block, pass the link on.
    """
    forest = _forest([share.tree for share in shares])
    members = _members(shares)
    edges = sorted(
        edge for cluster in _clusters(shares, members) for edge in _links(cluster, members, forest)
    )
    inner = [(0.0, int(p), n) for n, p in enumerate(forest.parent) if p >= 0]
    ordered = [*inner, *edges]
    ends = [(one, other) for _, one, other in ordered]
    for place in spanning([e[0] for e in ordered], ends, len(forest)):
        if place >= len(inner):
            _, one, other = ordered[place]
            forest.set_root(other)
            forest.append_child(one, other)
    return forest.to_swc()


def _forest(trees: Sequence[ZSwc]) -> Forest:
    """Concatenate all trees into one forest."""
    xyz = np.concatenate([np.zeros((0, 3)), *(tree.xyz for tree in trees)])
    radius = np.concatenate([np.zeros(0), *(tree.radius for tree in trees)])
    forest = Forest.from_nodes(xyz, radius)
    offset = 0
    for tree in trees:
        forest.type[offset : offset + len(tree)] = tree.type.tolist()
        for node, parent in enumerate(tree.parent.tolist()):
            if parent >= 0:
                forest.append_child(offset + parent, offset + node)
        offset += len(tree)
    return forest


def _members(shares: Sequence[Share]) -> dict[Part, list[int]]:
    """Group the nodes of the forest by block and part."""
    found: dict[Part, list[int]] = defaultdict(list)
    offset = 0
    for share in shares:
        for node, part in enumerate(share.parts.tolist()):
            found[share.block, part].append(offset + node)
        offset += len(share.tree)
    return dict(found)


@dataclass
class _Cluster:
    """Patches that touch each other or parts without a node, and the parts around them."""

    centers: list[NDArray[np.float64]]
    parts: set[Part]


def _clusters(shares: Sequence[Share], members: dict[Part, list[int]]) -> list[_Cluster]:
    """Group patches into clusters; most have one patch and the two parts that share it."""
    owner: dict[object, object] = {}

    def find(item: object) -> object:
        while owner.setdefault(item, item) != item:
            item = owner[item]
        return item

    found: list[tuple[object, Part, NDArray[np.float64]]] = []
    for share in shares:
        for patch in share.patches:
            key: object = (*patch.face, tuple(np.round(patch.center, 6).tolist()))
            part = (share.block, patch.part)
            found.append((key, part, patch.center))
            if part not in members:
                owner[find(key)] = find(part)
    clusters: dict[object, _Cluster] = {}
    for key, part, center in found:
        cluster = clusters.setdefault(find(key), _Cluster([], set()))
        cluster.centers.append(center)
        if part in members:
            cluster.parts.add(part)
    return list(clusters.values())


def _links(cluster: _Cluster, members: dict[Part, list[int]], forest: Forest) -> list[Edge]:
    """Return the links between the parts around a cluster: length and two nodes."""
    center = np.mean(cluster.centers, axis=0)
    parts = sorted(cluster.parts)[:MOST_PAIRS]
    found = []
    for one, other in combinations(parts, 2):
        a = _nearest(members[one], center, forest)
        b = _nearest(members[other], np.array(forest.position[a]), forest)
        a = _nearest(members[one], np.array(forest.position[b]), forest)
        length = np.linalg.norm(np.subtract(forest.position[a], forest.position[b]))
        found.append((float(length), a, b))
    return found


def _nearest(nodes: list[int], point: NDArray[np.float64], forest: Forest) -> int:
    """Return the node nearest to a point."""
    apart = np.linalg.norm(np.array([forest.position[n] for n in nodes]) - point, axis=1)
    return nodes[int(np.argmin(apart))]
