"""Chunking of row kernels."""

import pytest

from zimg.ops import RowPlan, row_plan


def test_a_chunk_is_padded_to_the_next_allowed_shape():
    plan = RowPlan(rows=256, shapes=(32, 64, 256), workers=1)
    assert [plan.padded(count) for count in (0, 1, 32, 33, 65, 256)] == [32, 32, 32, 64, 256, 256]


def test_a_chunk_of_any_size_is_not_padded():
    assert RowPlan(rows=28, shapes=(), workers=1).padded(17) == 17


def test_a_chunk_beyond_the_plan_is_refused():
    with pytest.raises(ValueError, match="0 to 28 rows, got 29"):
        RowPlan(rows=28, shapes=(), workers=1).padded(29)


def test_a_lane_allows_its_largest_chunk_and_none_below_32_when_it_compiles(xp, device, lane):
    plan = row_plan(xp=xp, on=device)
    assert plan.padded(plan.rows) == plan.rows
    assert lane.framework != "jax" or min(plan.shapes) >= 32


def test_volumes_are_padded_to_few_lengths_where_shapes_are_compiled():
    compiling = RowPlan(rows=256, shapes=(256,), workers=1)
    lengths = {compiling.words(count) for count in range(1, 10**6, 1000)}
    assert max(lengths) >= 10**6 - 1000
    assert len(lengths) < 10
    for count in (1, 70_000, 10**7):
        assert count <= compiling.words(count) <= max(1.5 * count, 2**16)
    assert RowPlan(rows=24, shapes=(), workers=1).words(70_001) == 70_001
