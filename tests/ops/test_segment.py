"""Writes by index against the loops that define them."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zimg.ops import compact, scatter_add, scatter_max, scatter_min, scatter_set
from zimg.testing import bring_home

cells = st.integers(0, 6)
pairs = st.lists(st.tuples(st.integers(-3, 8), st.integers(-20, 20)), max_size=12)
# The lane fixtures hold no state, so drawing many examples under one of them is sound.
few = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def arrays(xp, device, drawn):
    ids = xp.asarray([i for i, _ in drawn], dtype=xp.int32, device=device)
    return ids, xp.asarray([v for _, v in drawn], dtype=xp.int32, device=device)


@few
@given(drawn=pairs, size=cells)
def test_scatters_reduce_what_falls_into_each_cell(xp, device, drawn, size):
    ids, values = arrays(xp, device, drawn)
    falls = [[v for i, v in drawn if i == cell] for cell in range(size)]
    assert bring_home(scatter_add(values, ids, size)).tolist() == [sum(each) for each in falls]
    lowest = scatter_min(values, ids, size, empty=3)
    assert bring_home(lowest).tolist() == [min(each, default=3) for each in falls]
    highest = scatter_max(values, ids, size, empty=3)
    assert bring_home(highest).tolist() == [max(each, default=3) for each in falls]


@few
@given(drawn=st.dictionaries(st.integers(-3, 8), st.integers(-20, 20), max_size=8), size=cells)
def test_assignment_writes_inside_and_drops_outside(xp, device, drawn, size):
    ids, values = arrays(xp, device, list(drawn.items()))
    x = xp.zeros(size, dtype=xp.int32, device=device)
    got = bring_home(scatter_set(x, ids, values)).tolist()
    assert got == [drawn.get(cell, 0) for cell in range(size)]


@few
@given(drawn=st.lists(st.tuples(st.booleans(), st.integers(0, 99)), max_size=10), size=cells)
def test_compaction_is_selection_cut_or_filled_to_size(xp, device, drawn, size):
    keep = xp.asarray([k for k, _ in drawn], dtype=xp.bool, device=device)
    x = xp.asarray([v for _, v in drawn], dtype=xp.int32, device=device)
    packed, count = compact(x, keep, size, fill=-1)
    kept = [v for k, v in drawn if k]
    assert bring_home(packed).tolist() == (kept + [-1] * size)[:size]
    assert int(count) == len(kept)


def test_float32_sums_do_not_cancel(xp, device, lane):
    if lane.id == "strict-no_float64":
        pytest.skip("the generic body needs float64 for this")
    values = np.where(np.arange(2000) % 2 == 0, 1e4, 1e-2).astype(np.float32)
    ids = xp.asarray(np.arange(2000) % 2, dtype=xp.int32, device=device)
    got = scatter_add(xp.asarray(values, device=device), ids, 2)
    np.testing.assert_allclose(bring_home(got), [1e7, 10.0], rtol=1e-4)
