"""A packed volume holds every voxel and its neighbours, exactly."""

import numpy as np
import pytest

from zimg.kernels.pack import BYTES, PAIRS, PLAIN, pack_volume
from zimg.ops import upload
from zimg.testing import bring_home

SHAPE = (3, 4, 5)
KINDS = {"uint8": (BYTES, 8), "uint16": (PAIRS, 16)}


def packed(host, xp, device, dtype="float32"):
    words, layout = pack_volume(
        upload(host, on=device, xp=xp), z_to_xy=2.0, dtype=getattr(xp, dtype)
    )
    used = np.prod([n + 1 for n in host.shape])  # what follows is never read
    return bring_home(words)[:used], layout


def whole_range(dtype):
    """Voxels that use every bit, the highest among them."""
    drawn = np.random.default_rng(5).integers(0, np.iinfo(dtype).max, SHAPE, endpoint=True)
    drawn[0, 0, :3] = drawn[-1, -1, -1] = np.iinfo(dtype).max
    return drawn.astype(dtype)


def neighbours(host, count):
    """The first `count` of the voxel itself and those at x + 1, y + 1, both, zeros behind ends."""
    padded = np.pad(host.astype(np.int64), ((0, 0), (0, 1), (0, 1)))
    height, width = host.shape[1:]
    steps = [(0, 0), (0, 1), (1, 0), (1, 1)][:count]
    return [padded[:, y : y + height, x : x + width] for y, x in steps]


@pytest.mark.parametrize("dtype", list(KINDS))
def test_every_corner_of_a_cell_reads_back_from_one_word(xp, device, dtype):
    host = whole_range(dtype)
    words, layout = packed(host, xp, device)
    kind, bits = KINDS[dtype]
    assert (layout.kind, words.dtype) == (kind, np.int32)
    grid = words.view(np.uint32).astype(np.int64).reshape([n + 1 for n in SHAPE])[:-1, :-1, :-1]
    for corner, expected in enumerate(neighbours(host, 32 // bits)):
        np.testing.assert_array_equal((grid >> (bits * corner)) & (2**bits - 1), expected)


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32"])
def test_other_voxels_are_kept_one_to_a_word_in_the_compute_dtype(xp, device, dtype):
    host = (np.random.default_rng(5).normal(0.0, 900.0, SHAPE)).astype(dtype)
    words, layout = packed(host, xp, device)
    assert (layout.kind, words.dtype) == (PLAIN, np.float32)
    expected = np.pad(host.astype(np.float32), ((0, 1),) * 3)
    np.testing.assert_array_equal(words, expected.reshape(-1))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_the_layout_says_how_far_the_next_row_and_plane_are(xp, device, dtype):
    words, layout = packed(np.ones(SHAPE, dtype), xp, device)
    assert (layout.shape, layout.z_to_xy) == (SHAPE, 2.0)
    assert (layout.row, layout.plane) == (6, 30)
    assert words.shape == (4 * layout.plane,)


def test_the_volume_is_left_alone(xp, device):
    volume = upload(whole_range("uint16"), on=device, xp=xp)
    pack_volume(volume, z_to_xy=1.0, dtype=xp.float32)
    np.testing.assert_array_equal(bring_home(volume), whole_range("uint16"))
