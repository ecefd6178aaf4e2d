"""Parts of an image: which voxels, which metadata, and whether memory is shared."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zimg import VoxelSizeUnit, ZException, ZImg, ZImgInfo, ZImgRegion, col4
from zimg.ops.memory import on_host
from zimg.testing import bring_home

SHAPE = (3, 2, 4, 5, 6)


def series(xp, device) -> tuple[ZImg, np.ndarray]:
    """An image of distinct values on a lane, and the same values in one NumPy array."""
    values = np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)
    count = int(np.prod(SHAPE[1:]))
    times = [
        xp.reshape(xp.arange(t * count, (t + 1) * count, dtype=xp.int32, device=device), SHAPE[1:])
        for t in range(SHAPE[0])
    ]
    return ZImg(times), values


def in_numpy() -> tuple[ZImg, np.ndarray]:
    values = np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)
    return ZImg(values, layout="TCZYX"), values


@pytest.mark.parametrize(
    ("key", "taken"),
    [
        (0, np.s_[0:1]),
        (-1, np.s_[2:3]),
        ((slice(None), 1), np.s_[:, 1:2]),
        ((..., 2), np.s_[..., 2:3]),
        ((1, ..., slice(1, 4)), np.s_[1:2, ..., 1:4]),
        (np.s_[::2, :, ::3, 1::2, :-1:2], np.s_[::2, :, ::3, 1::2, :-1:2]),
        (np.s_[:100], np.s_[:100]),
        (..., ...),
        ((), ...),
        ((np.int64(1), np.uint8(1)), np.s_[1:2, 1:2]),
        (ZImgRegion((1, 0, 2, 0, 1), (4, -1, 4, 1, -1)), np.s_[1:, :1, 2:, :, 1:4]),
    ],
)
def test_an_index_takes_what_numpy_takes_and_keeps_five_axes(xp, device, key, taken):
    image, values = series(xp, device)
    part, expected = image[key], values[taken]
    assert part.shape == expected.shape
    assert part.info.size == expected.shape[::-1]
    for have, want in zip(part.data, expected, strict=True):
        np.testing.assert_array_equal(bring_home(have), want)
        assert (have.dtype, have.device) == (image.dtype, image.device)


@st.composite
def keys(draw: st.DrawFn) -> tuple[slice | int, ...]:
    """Integers and slices that hold at least one voxel, for some of the first axes."""
    picked: list[slice | int] = []
    for size in SHAPE[: draw(st.integers(0, 5))]:
        start = draw(st.integers(0, size - 1))
        stop, step = draw(st.integers(start + 1, size)), draw(st.integers(1, 3))
        choices: list[slice | int] = [start, start - size, slice(start, stop, step)]
        picked.append(draw(st.sampled_from(choices)))
    return tuple(picked)


@given(keys())
@settings(max_examples=200, deadline=None)
def test_parts_are_stored_in_c_order_and_shared_exactly_when_they_lie_so(key):
    image, values = in_numpy()
    part = image[key]
    full = tuple(
        slice(k % n, k % n + 1) if isinstance(k, int) else k
        for k, n in zip(key, SHAPE, strict=False)
    )
    expected = values[full]
    np.testing.assert_array_equal(np.stack(part.data), expected)
    for have, want in zip(part.data, expected, strict=True):
        assert have.flags.c_contiguous
        assert np.shares_memory(have, values) == want.flags.c_contiguous


def test_parts_in_c_order_share_memory_in_every_framework(xp, device):
    count = 2 * 4 * 4 * 8  # planes of 128 bytes, so that JAX can share them
    image = ZImg(xp.reshape(xp.arange(count, dtype=xp.int32, device=device), (2, 4, 4, 8)))
    if not on_host(image.data[0]):
        pytest.skip("the memory of this device has no address for the host")
    start = np.asarray(image.data[0]).ctypes.data
    assert np.asarray(image[0, 1, 2:].data[0]).ctypes.data - start == (4 + 2) * 128
    assert np.asarray(image[...].data[0]).ctypes.data == start


def test_metadata_is_cut_with_the_part_and_voxels_grow_by_the_steps():
    info = ZImgInfo(6, 5, 4, 3, 3)
    info.channelNames = ["red", "green", "opacity"]
    info.channelColors = [col4(1, 0, 0), col4(2, 0, 0), col4(3, 0, 0)]
    info.timeStamps = [0.5, 1.5, 2.5]
    info.voxelSizeUnit = VoxelSizeUnit.um
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.1, 0.2, 0.5
    info.lastChannelIsAlphaChannel = True
    info.position = [7.0]
    image = ZImg(info)
    part = image[1::2, ::2, ::3, ::2, ::4].info
    assert (part.channelNames, part.timeStamps) == (["red", "opacity"], [1.5])
    assert part.channelColors == [col4(1, 0, 0), col4(3, 0, 0)]
    assert (part.voxelSizeX, part.voxelSizeY, part.voxelSizeZ) == (0.4, 0.4, 1.5)
    assert (part.lastChannelIsAlphaChannel, part.position) == (True, [7.0])
    assert not image[:, ::3].info.lastChannelIsAlphaChannel
    assert not image[:, 1].info.lastChannelIsAlphaChannel
    assert image[1].info.timeStamps == [1.5]
    assert image[..., 2].info.voxelSizeX == 0.1
    assert image.info == info


@pytest.mark.parametrize(
    ("key", "error", "told"),
    [
        (3, IndexError, "out of range for T of size 3"),
        ((0, -3), IndexError, "out of range for C of size 2"),
        ((0,) * 6, IndexError, "T, C, Z, Y, X"),
        ((..., 0, ...), IndexError, "one '...'"),
        (np.s_[::-1], ValueError, "steps must be positive"),
        (np.s_[..., ::0], ValueError, "steps must be positive"),
        (np.s_[2:2], ValueError, "is empty"),
        (np.s_[:, 5:], ValueError, "is empty"),
        (True, TypeError, "ZImgRegion"),
        (1.0, TypeError, "ZImgRegion"),
        (None, TypeError, "ZImgRegion"),
        ([0, 1], TypeError, "ZImgRegion"),
        (ZImgRegion((0, 0, 0, 0, 0), (7, -1, -1, -1, -1)), ZException, "region"),
    ],
)
def test_other_indices_are_refused(key, error, told):
    image, _ = in_numpy()
    with pytest.raises(error, match=told):
        image[key]


def test_iteration_gives_one_image_per_time_of_the_same_memory(xp, device):
    image, values = series(xp, device)
    assert len(image) == 3
    for t, point in enumerate(image):
        assert point.shape == (1, *SHAPE[1:])
        assert point.info.timeStamps == [float(t)]
        np.testing.assert_array_equal(bring_home(point.data[0]), values[t])
    numbers, values = in_numpy()
    assert all(np.shares_memory(point.data[0], values) for point in numbers)


def test_an_empty_image_has_no_times_and_no_parts():
    assert (len(ZImg()), list(ZImg())) == (0, [])
    with pytest.raises(IndexError):
        ZImg()[0]


def test_parts_of_read_only_images_stay_read_only():
    values = np.zeros(SHAPE[1:], np.uint8)
    values.flags.writeable = False
    assert not ZImg(values)[:, 1].data[0].flags.writeable
