"""The choice of trees by length."""

import numpy as np
import pytest

from zimg.swc import ZSwc
from zimg.tracing.trees import cable_lengths, chosen_trees


def forest(*lengths):
    """Straight trees of these lengths along x, one above the other."""
    return ZSwc.concatenate(
        ZSwc.from_arrays([[0, 20 * n, 0], [length, 20 * n, 0]], 1, [-1, 0])
        for n, length in enumerate(lengths)
    )


@pytest.mark.parametrize(
    ("trees", "expected"),
    [("all", [100, 50, 30, 29, 5]), ("relative", [100, 50, 30]), ("single", [100])],
)
def test_trees_are_chosen_by_length_and_sorted(trees, expected):
    chosen = chosen_trees(forest(30, 5, 100, 29, 50), trees)
    np.testing.assert_allclose(cable_lengths(chosen, (1, 1, 1)), expected)


@pytest.mark.parametrize("trees", ["all", "relative", "single"])
def test_of_no_trees_there_are_none(trees):
    assert len(chosen_trees(ZSwc(), trees)) == 0


def test_lengths_count_in_trace_space():
    along_z = ZSwc.from_arrays([[0, 0, 0], [0, 0, 10]], 1, [-1, 0])
    both = ZSwc.concatenate([forest(20), along_z])
    assert len(chosen_trees(both, "single", z_to_xy=3.0).xyz[:, 2].nonzero()[0]) == 1
    assert chosen_trees(both, "single").xyz[:, 2].max() == 0
