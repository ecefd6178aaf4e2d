"""Regions: which ones fit an image, and what they select."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zimg import ZException, ZImg, ZImgRegion, ZVoxelCoordinate

SIZE = (7, 6, 3, 2, 1)


def along_x(start: int, end: int) -> ZImgRegion:
    return ZImgRegion((start, 0, 0, 0, 0), (end, -1, -1, -1, -1))


def along_all(start: int, end: int) -> ZImgRegion:
    return ZImgRegion((start,) * 5, (end,) * 5)


@pytest.mark.parametrize(("start", "end", "size"), [(0, -1, 7), (2, 7, 5), (6, 7, 1), (3, -1, 4)])
def test_ranges_inside_the_image_are_resolved(start, end, size):
    assert along_x(start, end).resolve(SIZE).size == (size, 6, 3, 2, 1)


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, -2), (0, -5), (0, 8), (0, 100), (7, -1), (50, -1), (-1, -1), (2, 2), (4, 2), (0, 0)],
)
def test_other_ranges_are_refused_with_the_region_and_the_size(start, end):
    with pytest.raises(ZException, match="Invalid image region") as caught:
        along_x(start, end).resolve(SIZE)
    assert str(SIZE) in str(caught.value)
    assert str((start, 0, 0, 0, 0)) in str(caught.value)
    assert "\n" not in str(caught.value)


def range_along(size: int) -> st.SearchStrategy[tuple[int, int]]:
    """A first index, and an end beyond it or -1."""
    starts = st.integers(0, size - 1)
    return starts.flatmap(
        lambda start: st.tuples(st.just(start), st.just(-1) | st.integers(start + 1, size))
    )


bounds = st.tuples(*[st.integers(-(2**63), 2**63 - 1)] * 5)


@given(st.tuples(*map(range_along, SIZE)))
def test_a_region_that_fits_selects_what_its_size_says(ranges):
    region = ZImgRegion(*zip(*ranges, strict=True)).resolve(SIZE)
    selected = np.empty(SIZE[::-1])[(region.times, *region.czyx)]
    assert selected.shape[::-1] == region.size
    assert region.resolve(SIZE) == region


@given(bounds)
def test_five_integers_come_back_from_every_form(values):
    place = ZVoxelCoordinate(values)
    twin = pickle.loads(pickle.dumps(ZVoxelCoordinate(np.asarray(values))))
    assert tuple(place) == values
    assert place == twin == ZVoxelCoordinate(*values) == ZImgRegion(list(values)).start


def test_the_default_is_everything_and_construction_never_validates():
    assert ZImgRegion().resolve(SIZE) == ZImgRegion((0,) * 5, SIZE)
    assert tuple(ZImgRegion((9, 0, 0, 0, 0), (-7,) * 5).end) == (-7,) * 5


def test_bounds_are_live_and_can_be_assigned_as_tuples():
    region = ZImgRegion(end=(4, 4, 4, 1, 1))
    region.start.x = 2
    region.end = (5, 5, 5, 1, 1)
    assert region == ZImgRegion((2, 0, 0, 0, 0), ZVoxelCoordinate(5, 5, 5, 1, 1))
    with pytest.raises(TypeError, match="five integers"):
        region.start = (1, 2)


@pytest.mark.parametrize("kind", [tuple, list, np.asarray])
def test_bounds_are_made_of_any_sequence_of_integers(kind):
    assert ZImgRegion(kind((1,) * 5), kind((2,) * 5)) == along_all(1, 2)


@pytest.mark.parametrize("value", [(1, 2), 5, "12345", (0, 0, 0, 0, 1.0), None])
def test_other_bounds_are_refused_by_name(value):
    with pytest.raises(TypeError, match="end of ZImgRegion takes five integers"):
        ZImgRegion((0,) * 5, value)


def test_a_region_takes_no_other_attributes_and_has_no_hash():
    with pytest.raises(AttributeError, match="no field 'stop'; it has start, end"):
        ZImgRegion().stop = (1,) * 5  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="unhashable"):
        hash(ZImgRegion())


def test_a_region_does_not_share_the_bounds_it_is_made_of():
    start = ZVoxelCoordinate(1, 0)
    region = ZImgRegion(start)
    start.x = 5
    assert region.start.x == 1


def test_regions_compare_copy_pickle_and_print():
    region = along_x(2, 5)
    assert copy.deepcopy(region) == pickle.loads(pickle.dumps(region)) == region != ZImgRegion()
    assert eval(repr(region)) == region


def test_a_region_of_an_image_cuts_pixels_and_channel_metadata():
    data = np.arange(2 * 2 * 3 * 6 * 7, dtype=np.uint16).reshape(2, 2, 3, 6, 7)
    image = ZImg(data, layout="TCZYX")
    info = image.info
    info.channelNames, info.timeStamps = ["a", "b"], [3.0, 4.0]
    image.info = info
    part = image[ZImgRegion((1, 2, 0, 1, 1), (5, -1, 2, 2, 2))]
    np.testing.assert_array_equal(part.data[0], data[1, 1:2, :2, 2:, 1:5])
    assert part.shape == (1, 1, 2, 4, 4)
    assert (part.info.channelNames, part.info.timeStamps) == (["b"], [4.0])


def test_a_contiguous_region_of_an_image_is_shared():
    data = np.zeros((2, 3, 4, 5), np.uint8)
    part = ZImg(data)[ZImgRegion((0, 0, 1, 1, 0), (-1, -1, 3, 2, 1))]
    assert np.shares_memory(part.data[0], data)
