"""Selection of chains by mean score or mean signal if there are many."""

from collections.abc import Sequence

import numpy as np

from zimg.tracing.chains import Chain

GOOD_SCORE = 0.6
"""Mean score that keeps a chain regardless of its signal (behaviour of the reference)."""


def screen_chains(chains: Sequence[Chain], count: int) -> list[Chain]:
    """Keep the well fitted chains, and those as bright as the darkest of them.

    Parameters
    ----------
    chains
        Chains with the score and the mean signal of every segment, as they were fitted.
    count
        Number of chains up to which all are kept; 0 keeps all.

    Returns
    -------
    list of Chain
        All chains if there are no more than `count`; otherwise those whose mean score is at least
        0.6 or whose mean signal is at least the smallest among these; all if none is that good.
        Order is kept.
    """
    if count <= 0 or len(chains) <= count:
        return list(chains)
    score = np.array([chain.score.mean() for chain in chains])
    signal = np.array([chain.mean_signal.mean() for chain in chains])
    good = score >= GOOD_SCORE
    least = signal[good].min() if good.any() else -np.inf
    keep = good | (signal >= least)
    return [chain for chain, kept in zip(chains, keep.tolist(), strict=True) if kept]
