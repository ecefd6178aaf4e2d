"""Signals in one form, whatever their type, unit and polarity."""

import numpy as np
import pytest

from zimg.testing import bring_home
from zimg.tracing.brightness import prepared, thick


def image():
    """A bright bar on a noisy background of about 20."""
    volume = np.random.default_rng(0).normal(20.0, 4.0, (6, 30, 40)).clip(0)
    volume[2:4, 12:15, 5:35] = 160.0
    return volume.round().astype(np.uint8)


def test_integers_keep_their_values(on_lane):
    found = prepared(on_lane(image()))
    assert (found.unit, found.step) == (1.0, 1.0)
    assert found.background == pytest.approx(20.0, abs=2.0)
    expected = np.maximum(image().astype(int) - int(found.background), 0)
    np.testing.assert_array_equal(bring_home(found.signal), expected)


@pytest.mark.parametrize("unit", [1.0, 1e-3, 1.0 / 255.0, 3e4])
def test_floats_come_into_one_range(on_lane, unit):
    found = prepared(on_lane((image() * unit).astype(np.float32)))
    assert 127.0 < found.top < 511.0
    assert np.log2(found.unit) == round(np.log2(found.unit))
    whole = prepared(image())
    share = np.asarray(bring_home(found.signal)).max() / found.unit / unit
    assert share == pytest.approx(float(whole.signal.max()), abs=1.0)


def test_one_hot_voxel_changes_nothing_else():
    plain = (image() / 255).astype(np.float32)
    hot = plain.copy()
    hot[1, 2, 3] = 1e4
    first, second = prepared(plain), prepared(hot)
    assert first.unit == second.unit
    assert first.background == pytest.approx(second.background, abs=0.02 * first.top)


@pytest.mark.parametrize("dtype", ["uint16", "int16", "int32", "float32"])
def test_the_signal_of_whole_numbers_does_not_depend_on_their_type(on_lane, dtype):
    expected, found = prepared(image()), prepared(on_lane(image().astype(dtype)))
    np.testing.assert_array_equal(bring_home(found.signal) / found.unit, expected.signal)


@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_the_lower_of_two_negative_values_is_the_background(on_lane, dtype):
    volume = np.where(image() > 100, -1, -3).astype(dtype)
    found = prepared(on_lane(volume))
    assert found.background == -3.0 * found.unit
    np.testing.assert_array_equal(bring_home(found.signal), (volume + 3) * found.unit)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_inverted_images_are_those_of_the_opposite_polarity(on_lane, dtype):
    bright = image().astype(dtype)
    dark = (image().max() - image()).astype(dtype)
    first, second = prepared(on_lane(bright)), prepared(on_lane(dark), invert=True)
    np.testing.assert_array_equal(bring_home(first.signal), bring_home(second.signal))


def test_nothing_bright_has_no_top(on_lane):
    for value in (0, 7):
        assert prepared(on_lane(np.full((3, 9, 9), value, np.float32))).top == 0.0


@pytest.mark.parametrize(("planes", "after", "shift"), [(1, 3, 1), (2, 4, 1), (3, 3, 0)])
def test_thin_stacks_get_planes_around_them(on_lane, planes, after, shift):
    host = np.arange(planes * 6, dtype=np.uint8).reshape(planes, 2, 3)
    found, moved = thick(on_lane(host))
    found = bring_home(found)
    assert (found.shape[0], moved) == (after, shift)
    np.testing.assert_array_equal(found[moved : moved + planes], host)
