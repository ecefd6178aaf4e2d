"""Synthetic records of many blocks, to measure stitching with."""

from collections.abc import Iterator

import numpy as np

from zimg.blocked.pieces import Cut, Piece, cut_chain, limits, moved
from zimg.blocked.plan import Plan
from zimg.tracing.chains import Chain

CORE = 512


def pieces_of(plan: Plan, fibres: int) -> Iterator[Piece]:
    """What all blocks would record: one of eight blocks, moved to its place."""
    small = Plan((3 * CORE,) * 3, plan.core, plan.halo)
    variants = [_variant(small, fibres, seed) for seed in range(8)]
    for block in plan.blocks():
        offset = np.array(block.core.low[::-1], np.float64) - CORE
        for piece in variants[block.number % 8]:
            cuts = [c and Cut(c.axis, c.plane + offset[c.axis]) for c in piece.cuts]
            key = (block.number, *piece.key[1:])
            yield Piece(key, moved(piece.chain, offset), piece.inside, (cuts[0], cuts[1]))


def _variant(plan: Plan, fibres: int, seed: int) -> list[Piece]:
    """The pieces of the middle block of 27."""
    block, error = plan.block(13), np.random.default_rng(seed)
    core, roi = (limits(box, plan.shape, 1.0) for box in (block.core, block.roi))
    found: list[Piece] = []
    for number in range(fibres):
        axis = number % 3
        others = [a for a in range(3) if a != axis]
        place = np.random.default_rng(number).uniform(CORE + 40, CORE + 470, 2)
        along = np.arange(block.roi.low[0] + 1.0, block.roi.high[0] - 12.0, 5.0)
        rows = np.zeros((len(along), 8))
        rows[:, 0], rows[:, 3], rows[:, 4] = 3.0, 1.0, 11.0
        rows[:, 1:3] = [(np.pi / 2, np.pi / 2), (np.pi / 2, np.pi), (0.0, 0.0)][axis]
        rows[:, 5 + axis] = along
        rows[:, [5 + a for a in others]] = place + error.normal(0, 0.3, 2)
        count = len(rows)
        score, ones = np.full(count, 0.7), np.ones(count)
        chain = Chain(rows, ones.astype(np.int8), np.zeros(count), score, ones)
        found += cut_chain(chain, (block.number, number), core, roi)
    return found
