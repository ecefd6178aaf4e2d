"""Compiled medians of boxes that slide along a row: a histogram of ranks is kept up to date.

T. S. Huang, G. J. Yang and G. Y. Tang, 1979, doi:10.1109/TASSP.1979.1163188; counts of blocks of
ranks shorten the walk from one median to the next.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from ._compiled import jit
from ._compiled_samples import view

BLOCK = 6
"""Logarithm of the number of ranks in a block."""


@view
def _count(ranks, z, y, column, tall, change, counts, blocks, block, before):
    """Add a column of a box to the counts, or remove it; the number of values before `block`."""
    for k in range(z[0], z[1]):
        for j in range(y, y + tall):
            rank = ranks[k, j, column]
            counts[rank] += change
            blocks[rank >> BLOCK] += change
            if rank >> BLOCK < block:
                before += change
    return before


@jit
def median_rows(ranks, sizes, counts, blocks, out, first, last):
    """Ranks of the medians of the boxes of some rows.

    `ranks` has the border repeated around it; `counts` and `blocks` are 0 and will be again.
    """
    deep, tall, wide = sizes
    rows, width = out.shape[1], out.shape[2]
    half = (deep * tall * wide) // 2
    for row in range(first, last):
        z, y = (row // rows, row // rows + deep), row % rows
        block, before = np.int64(0), np.int64(0)
        for x in range(wide - 1):
            before = _count(ranks, z, y, x, tall, 1, counts, blocks, block, before)
        for x in range(width):
            before = _count(ranks, z, y, x + wide - 1, tall, 1, counts, blocks, block, before)
            while before > half:
                block -= 1
                before -= blocks[block]
            while before + blocks[block] <= half:
                before += blocks[block]
                block += 1
            rank, below = block << BLOCK, before
            while below + counts[rank] <= half:
                below += counts[rank]
                rank += 1
            out[z[0], y, x] = rank
            before = _count(ranks, z, y, x, tall, -1, counts, blocks, block, before)
        for x in range(width, width + wide - 1):
            before = _count(ranks, z, y, x, tall, -1, counts, blocks, block, before)
