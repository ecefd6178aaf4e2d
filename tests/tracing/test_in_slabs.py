"""Stages of a trace compute the same in slabs as on whole volumes, to the bit."""

import numpy as np
import pytest

from zimg.kernels.filters import gaussian
from zimg.kernels.order import median_box
from zimg.kernels.pack import pack_volume
from zimg.ops import RowPlan
from zimg.testing import bring_home
from zimg.tracing.brightness import prepared
from zimg.tracing.leftover import leftover
from zimg.tracing.mask import count_above, foreground
from zimg.tracing.noise import measure_noise
from zimg.tracing.preprocess import subtract_background
from zimg.tracing.soma import find_somata
from zimg.tracing.threshold import count_levels

SHAPE = (13, 24, 40)
SLAB = 4000
"""Voxels: four planes of `SHAPE`, a third of its values."""


def image(dtype):
    """Noise around 20 with a bright bar and a disc."""
    volume = np.random.default_rng(4).normal(20.0, 3.0, SHAPE).clip(1)
    volume[5:8, 10:13, 3:37] = 150.0
    _, y, x = np.indices(SHAPE)
    volume[4:9][((y - 12) ** 2 + (x - 20) ** 2 < 80)[4:9]] = 200.0
    return volume.round().astype(dtype)


def masked(dtype):
    """The image with everything outside a block replaced by 0."""
    volume = np.zeros(SHAPE, dtype)
    volume[1:8, 2:22, 5:35] = image(dtype)[1:8, 2:22, 5:35]
    return volume


def levels(volume):
    found = count_levels(volume)
    return found.voxels, found.maxima


def soma(volume):
    found = find_somata(volume, top=200.0, neurite_radius=1.0)
    return np.asarray([[*each.position, each.radius] for each in found])


def untraced(volume):
    return leftover(volume, foreground(volume, 15.0), foreground(volume, 60.0))


STAGES = {
    "background": lambda x: subtract_background(x)[0],
    "normalization": lambda x: prepared(x).signal,
    "mask": lambda x: foreground(x, 60.0),
    "count": lambda x: np.asarray(count_above(x, 60.0)),
    "levels": levels,
    "words": lambda x: pack_volume(x, z_to_xy=1.0, dtype=None)[0],
    "noise": lambda x: np.asarray(measure_noise(x, x).sigma),
    "soma": soma,
    "leftover": untraced,
}


@pytest.mark.parametrize("make", [image, masked])
@pytest.mark.parametrize("stage", STAGES)
def test_slabs_change_no_result(on_lane, monkeypatch, stage, make):
    volume = on_lane(make("uint8"))
    expected = STAGES[stage](volume)
    monkeypatch.setattr("zimg.ops.slabs.row_plan", lambda **_: plan())
    _assert_equal(STAGES[stage](volume), expected)


@pytest.mark.parametrize("dtype", ["int16", "float32"])
@pytest.mark.parametrize("stage", ["background", "normalization", "levels", "noise"])
def test_slabs_change_no_result_of_other_types(on_lane, monkeypatch, stage, dtype):
    volume = on_lane(masked(dtype))
    expected = STAGES[stage](volume)
    monkeypatch.setattr("zimg.ops.slabs.row_plan", lambda **_: plan())
    _assert_equal(STAGES[stage](volume), expected)


def test_filters_give_the_same_in_slabs(on_lane, monkeypatch):
    volume = on_lane(image("float32"))
    work = [lambda: gaussian(volume, (1.0, 2.0, 0.5)), lambda: median_box(volume, (3, 5, 3))]
    expected = [run() for run in work]
    monkeypatch.setattr("zimg.ops.slabs.row_plan", lambda **_: plan())
    monkeypatch.setattr("zimg.kernels.order.TOGETHER", SLAB)
    for run, before in zip(work, expected, strict=True):
        _assert_equal(run(), before)


def plan():
    return RowPlan(rows=64, shapes=(), workers=1, slab=SLAB)


def _assert_equal(found, expected):
    both = [x if isinstance(x, tuple) else (x,) for x in (found, expected)]
    for one, other in zip(*both, strict=True):
        np.testing.assert_array_equal(bring_home(one), bring_home(other))
