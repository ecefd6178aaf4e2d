"""Layouts of any order: values stay at their place, and sharing never changes them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from zimg import ZImg


@st.composite
def arrays_with_layouts(draw: st.DrawFn) -> tuple[np.ndarray, str]:
    """An array of distinct values in any memory order, and a layout for it."""
    letters = "YX" + "".join(draw(st.lists(st.sampled_from("TCZ"), unique=True)))
    layout = "".join(draw(st.permutations(letters)))
    shape = draw(hnp.array_shapes(min_dims=len(layout), max_dims=len(layout), max_side=4))
    x = np.arange(np.prod(shape), dtype=draw(st.sampled_from(["i4", ">i4", "f8"]))).reshape(shape)
    order = draw(st.permutations(range(x.ndim)))
    x = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    flips = draw(st.tuples(*[st.sampled_from([1, -1])] * x.ndim))
    spelled = "".join(draw(st.sampled_from([c, c.lower()])) for c in layout)
    return x[tuple(slice(None, None, step) for step in flips)], spelled


@given(arrays_with_layouts())
@settings(max_examples=300, deadline=None)
def test_every_voxel_is_where_the_layout_says(case):
    x, layout = case
    image = ZImg(x, layout=layout)
    letters = layout.upper()
    missing = [axis for axis in "TCZYX" if axis not in letters]
    full = x.reshape(x.shape + (1,) * len(missing))
    order = [(letters + "".join(missing)).index(axis) for axis in "TCZYX"]
    np.testing.assert_array_equal(np.stack(image.data), full.transpose(order))
    assert all(point.flags.c_contiguous and point.dtype.isnative for point in image.data)


@given(arrays_with_layouts())
@settings(max_examples=300, deadline=None)
def test_memory_is_shared_exactly_when_sharing_is_not_refused(case):
    x, layout = case
    try:
        shared = ZImg(x, copy_if_needed=False, layout=layout)
    except ValueError:
        assert not any(np.shares_memory(point, x) for point in ZImg(x, layout=layout).data)
    else:
        assert all(np.shares_memory(point, x) for point in shared.data)


@given(arrays_with_layouts())
@settings(max_examples=150, deadline=None)
def test_torch_shares_and_copies_what_numpy_does(case):
    torch = pytest.importorskip("torch")
    x, layout = case
    host = np.array(x, dtype=x.dtype.newbyteorder("="), order="K")  # the same order of axes
    tensor = torch.from_numpy(host)
    numbers, tensors = (ZImg(source, layout=layout).data for source in (host, tensor))
    for number, point in zip(numbers, tensors, strict=True):
        assert point.is_contiguous()
        np.testing.assert_array_equal(point.numpy(), number)
        assert np.shares_memory(point.numpy(), host) == np.shares_memory(number, host)


@given(arrays_with_layouts())
@settings(max_examples=100, deadline=None)
def test_a_list_holds_what_its_members_hold(case):
    x, layout = case
    alone = ZImg(x, layout=layout)
    twice = ZImg([x, x], layout=layout)
    np.testing.assert_array_equal(np.stack(twice.data), np.stack([*alone.data, *alone.data]))
    assert twice.info.numTimes == len(twice) == 2 * len(alone)
