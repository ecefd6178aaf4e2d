"""The sort whose ties decide topology: sorted at all, and tied as recorded by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zimg.swc.graphs import reference_order


@given(st.lists(st.sampled_from([0.5, 0.51, 0.52, 0.6])))
def test_the_order_is_a_permutation_that_sorts(costs):
    order = reference_order(costs)
    assert sorted(order) == list(range(len(costs)))
    assert [costs[i] for i in order] == sorted(costs)


def test_equal_costs_keep_their_order():
    assert reference_order([0.5] * 5) == [0, 1, 2, 3, 4]


def test_a_partition_moves_ties_as_the_quicksort_does():
    # Pivot 2 leaves a hole at the start, which the 1 fills; the scan then ends where the 1 was.
    assert reference_order([2.0, 2.0, 1.0]) == [2, 1, 0]
    # The first 3 fills the place of the 1, and the pivot that of the 3, before the other 2.
    assert reference_order([2.0, 3.0, 2.0, 1.0]) == [3, 0, 2, 1]


def test_the_sort_of_many_ties_needs_no_deep_recursion():
    costs = np.tile([0.6, 0.5], 2000).tolist()
    assert [costs[i] for i in reference_order(costs)] == [0.5] * 2000 + [0.6] * 2000
