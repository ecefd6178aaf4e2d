"""The choice among too many chains."""

import dataclasses

import numpy as np

from zimg.tracing.screen import screen_chains


def judged(chain, score, signal):
    ones = np.ones(len(chain))
    return dataclasses.replace(chain, score=score * ones, mean_signal=signal * ones)


def test_well_fitted_chains_stay_and_dark_poor_ones_go(tube):
    chain = tube([0, 0, 0], [40, 0, 0])
    good, dim = judged(chain, 0.7, 50.0), judged(chain, 0.9, 30.0)
    bright, dark = judged(chain, 0.2, 30.0), judged(chain, 0.59, 29.0)
    kept = screen_chains([good, dark, bright, dim], 3)
    assert [id(each) for each in kept] == [id(good), id(bright), id(dim)]


def test_few_chains_pass_unseen(tube):
    chains = [judged(tube([0, 0, 0], [40, 0, 0]), 0.1, 1.0)] * 3
    assert screen_chains(chains, 3) == chains
    assert screen_chains(chains, 0) == chains


def test_without_a_good_chain_to_compare_with_all_pass(tube):
    chains = [judged(tube([0, 0, 0], [40, 0, 0]), 0.5, float(i)) for i in range(3)]
    assert len(screen_chains(chains, 1)) == 3
