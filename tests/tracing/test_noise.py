"""Noise of images whose noise is known, masked ones among them."""

import numpy as np
import pytest
from scipy import ndimage

from zimg.tracing.noise import measure_noise


def smoothed_sigma(shape):
    """Standard deviation of white noise of variance 1 after the smoothing, by experiment."""
    white = np.random.default_rng(9).normal(size=shape)
    return ndimage.gaussian_filter(white, (0 if shape[0] <= 5 else 1, 1, 1)).std()


@pytest.mark.parametrize("shape", [(8, 90, 96), (1, 120, 128)])
def test_white_noise_is_measured_after_smoothing(on_lane, shape):
    volume = np.random.default_rng(0).normal(50.0, 8.0, shape).astype(np.float32)
    found = measure_noise(on_lane(volume), on_lane(volume - 50))
    # The background is a median of few voxels, whose own noise adds to that of the image.
    expected = 8.0 * smoothed_sigma(shape)
    assert expected < found.sigma < 1.35 * expected
    assert not found.masked


def test_a_bright_neurite_and_an_uneven_background_do_not_count():
    shape = (10, 96, 96)
    random = np.random.default_rng(1)
    plain = random.normal(50.0, 6.0, shape)
    uneven = plain + np.linspace(0.0, 30.0, 96)
    uneven[4:6, 45:48, :] += 150.0
    expected = measure_noise(plain, plain).sigma
    assert measure_noise(uneven, uneven).sigma == pytest.approx(expected, rel=0.2)


def test_the_unit_scales_the_noise():
    volume = np.random.default_rng(2).normal(0.5, 0.1, (6, 40, 40)).astype(np.float32)
    alone = measure_noise(volume, volume)
    scaled = measure_noise(volume, volume * np.float32(256.0), unit=256.0)
    assert scaled.sigma == pytest.approx(256.0 * alone.sigma, rel=1e-4)


def masked_texture(shape=(3, 120, 120), sigma=5.0):
    """Smooth texture plus noise in a disc, 0 outside, and the noise alone after smoothing."""
    y, x = np.indices(shape[1:])
    disc = (y - 60) ** 2 + (x - 60) ** 2 < 45**2
    random = np.random.default_rng(3)
    volume = 60.0 + random.normal(0.0, sigma, shape)
    return np.where(disc, np.clip(volume, 1, 255), 0).round().astype(np.uint8)


def test_a_masked_image_is_measured_inside_its_tissue(on_lane):
    volume = masked_texture()
    found = measure_noise(on_lane(volume), on_lane(volume))
    assert found.masked
    assert found.sigma == pytest.approx(5.0 * smoothed_sigma((3, 200, 200)), rel=0.35)


def filled(share, value):
    """White noise around 40, and beside it a constant that takes a share of the volume."""
    noisy = np.random.default_rng(5).normal(40.0, 5.0, (6, 80, 90)).round().astype(np.uint8)
    width = round(90 * share / (1.0 - share))
    constant = np.full((6, 80, width), value, np.uint8)
    return noisy, np.concatenate([noisy, constant], axis=2)


@pytest.mark.parametrize("value", [0, 30, 40, 60])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_filled_image_has_the_noise_of_the_rest(on_lane, share, value):
    noisy, image = filled(share, value)
    alone = measure_noise(on_lane(noisy), on_lane(noisy)).sigma
    assert measure_noise(on_lane(image), on_lane(image)).sigma == pytest.approx(alone, rel=0.3)


def test_thin_neurites_in_a_constant_background_have_no_noise(on_lane):
    image = np.zeros((8, 60, 70), np.uint8)
    image[3:6, 28:31, 4:66] = 180
    found = measure_noise(on_lane(image), on_lane(image))
    assert (found.sigma, found.masked) == (0.0, False)


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.float32])
def test_noise_of_a_masked_image_does_not_depend_on_the_dtype_of_equal_values(dtype):
    volume = masked_texture()
    first, second = (measure_noise(image, image) for image in (volume, volume.astype(dtype)))
    assert second.masked
    assert second.sigma == pytest.approx(first.sigma, rel=1e-6)


def test_thin_objects_alone_are_a_segmentation_without_noise(on_lane):
    volume = np.zeros((6, 60, 60), np.uint8)
    volume[2:4, 30:33, 5:55] = 200
    found = measure_noise(on_lane(volume), on_lane(volume))
    assert (found.sigma, found.masked) == (0.0, False)


def test_a_constant_has_no_noise():
    assert measure_noise(np.full((4, 9, 9), 3), np.zeros((4, 9, 9))).sigma == 0.0
