"""Free ends of neurites, cut at half of their signal."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from zimg.tracing.chains import Chain
from zimg.tracing.connect import Connection
from zimg.tracing.contacts import HEAD, TAIL
from zimg.tracing.contrast import ContrastChain
from zimg.tracing.segments import LENGTH, Rows, flipped


def with_cut_tips(chains: Sequence[Chain], connections: Sequence[Connection]) -> list[Chain]:
    """Cut the free ends of chains where the signal falls to half.

    A tube is fitted beyond the end of a neurite as long as it correlates with the signal.

    Parameters
    ----------
    chains
        In trace space; only those of type `ContrastChain` are cut.
    connections
        Between them.
    """
    free = free_ends(len(chains), connections)
    return [
        _cut(chain, bool(head), bool(tail)) if isinstance(chain, ContrastChain) else chain
        for chain, (head, tail) in zip(chains, free, strict=True)
    ]


def free_ends(count: int, connections: Sequence[Connection]) -> NDArray[np.bool_]:
    """Whether the head and the tail of each of `count` chains meet no other, ``(count, 2)``."""
    free = np.ones((count, 2), np.bool_)
    column = {HEAD: 0, TAIL: 1}
    for edge in connections:
        free[edge.hook, column[edge.end]] = False
        if edge.link:
            free[edge.loop, column[edge.loop_index]] = False
    return free


def _cut(chain: ContrastChain, head: bool, tail: bool) -> Chain:
    """The chain with one or both of its end segments cut to their bright part."""
    if len(chain) < 2 or not (head or tail):
        return chain
    rows = chain.segments.copy()
    if tail:
        rows[-1] = _shortened(rows[-1], float(chain.bright[-1]))
    if head:
        rows[0] = flipped(_shortened(flipped(rows[0]), float(chain.bright[0])))
    return replace(chain, segments=rows)


def _shortened(row: Rows, length: float) -> Rows:
    out = row.copy()
    out[LENGTH] = min(row[LENGTH], length)
    return out
