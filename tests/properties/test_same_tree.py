"""Changes of an image that say nothing new about its neuron leave the trace as it is."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import zimg
from tests.properties.neurons import MARGIN, Neuron, agreement, neurons
from zimg.ops import upload
from zimg.swc import ZSwc
from zimg.testing import LANES, lane_parameters

Image = NDArray[Any]
LANE_IDS = ("numpy", "torch", "jax", "torch-cuda", "jax-gpu", "cupy")
WIDE = lane_parameters(tuple(each for each in LANES if each.id in LANE_IDS))
STRICT = lane_parameters(tuple(each for each in LANES if each.id == "strict"))


def examples(count: int) -> Any:
    """Settings of a test with so many examples; failures are reported as found, since each traces.

    A fixture stays the same for all examples.
    """
    return settings(
        max_examples=count,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


class Change(NamedTuple):
    """A change of an image, its reverse for trees, and the least agreement."""

    image: Callable[[Image], Image]
    back: Callable[[ZSwc, tuple[int, ...]], ZSwc] = lambda tree, _: tree
    least: float = 0.95
    invert: bool = False


def moved(x: float, y: float) -> Callable[[ZSwc, tuple[int, ...]], ZSwc]:
    return lambda tree, _: tree.translated((x, y, 0.0))


def mirrored(axis: int) -> Change:
    def back(tree: ZSwc, shape: tuple[int, ...]) -> ZSwc:
        turned = tree.translated((0.0, 0.0, 0.0))
        turned.xyz[:, 2 - axis] = shape[axis] - 1 - turned.xyz[:, 2 - axis]
        return turned

    return Change(lambda image: np.flip(image, axis).copy(), back)


def exchanged(tree: ZSwc, _: tuple[int, ...]) -> ZSwc:
    turned = tree.translated((0.0, 0.0, 0.0))
    turned.xyz[:, :2] = tree.xyz[:, 1::-1]
    return turned


def padded(by: int) -> Change:
    """Random draws from the darker half of the voxels and its reflection: background and noise."""

    def pad(image: Image) -> Image:
        depth, height, width = image.shape
        dark = np.sort(image, axis=None)[: image.size // 2].astype(int)
        both = np.concatenate([dark, 2 * dark[-1] - dark])
        shape = (depth, height + 2 * by, width + 2 * by)
        around: Image = np.random.default_rng(by).choice(both, shape).astype(image.dtype)
        around[:, by:-by, by:-by] = image
        return around

    return Change(pad, moved(-by, -by))


def filled(share: float, value: int) -> Change:
    """A constant beside the image that takes a share of the volume, as in a mosaic."""

    def fill(image: Image) -> Image:
        depth, height, width = image.shape
        constant = np.full((depth, height, round(width * share / (1.0 - share))), value, np.uint8)
        return np.concatenate([image, constant], axis=2)

    return Change(fill)


def hot(image: Image) -> Image:
    out = image.astype(np.float32)
    out[image.shape[0] // 2, 2, 2] = 1e5
    return out


def bent(power: float) -> Change:
    """Grey values raised to a power, in floats as in 8 bits."""
    return Change(
        lambda image: np.rint(255.0 * (image / 255.0) ** power).astype(np.uint8), least=0.9
    )


def crop(by: int) -> Change:
    return Change(lambda image: image[:, by:-by, by:-by].copy(), moved(by, by))


CHANGES = st.one_of(
    st.integers(1, MARGIN - 2).map(crop),
    st.integers(1, 24).map(padded),
    st.builds(filled, st.floats(0.05, 0.75), st.integers(0, 20)),
    st.sampled_from([0, 1, 2]).map(mirrored),
    st.just(Change(lambda image: image.swapaxes(1, 2).copy(), exchanged)),
    st.tuples(st.integers(1, 200), st.integers(0, 10_000)).map(
        lambda by: Change(lambda image: image.astype(np.uint16) * by[0] + by[1])
    ),
    st.sampled_from([np.uint16, np.int16, np.int32, np.float32, np.float64]).map(
        lambda kind: Change(lambda image: image.astype(kind))
    ),
    st.floats(-12.0, 12.0).map(
        lambda power: Change(lambda image: (image * 10.0**power).astype(np.float32))
    ),
    st.just(Change(hot)),
    st.floats(0.7, 1.4).map(bent),
    st.just(Change(lambda image: 255 - image, invert=True)),
)


@examples(30)
@given(neuron=neurons(), change=CHANGES)
def test_the_tree_stays(neuron: Neuron, change: Change) -> None:
    image = neuron.image()
    first = zimg.trace(image)
    tree = zimg.trace(change.image(image), invert=change.invert)
    assert agreement(first, neuron.tree) >= 0.85
    assert agreement(change.back(tree, image.shape), first) >= change.least


def check_on_lane(xp: Any, device: Any, neuron: Neuron, change: Change) -> None:
    """The changed image, traced on a lane, gives the tree of the image itself."""
    image = neuron.image()
    changed = upload(np.ascontiguousarray(change.image(image)), on=device, xp=xp)
    tree = zimg.trace(changed, invert=change.invert)
    assert agreement(change.back(tree, image.shape), zimg.trace(image)) >= change.least


@pytest.mark.parametrize("lane", WIDE, indirect=True)
@examples(4)
@given(neuron=neurons(), change=CHANGES)
def test_the_tree_stays_on_every_framework(
    xp: Any, device: Any, neuron: Neuron, change: Change
) -> None:
    check_on_lane(xp, device, neuron, change)


@pytest.mark.parametrize("lane", STRICT, indirect=True)
@examples(3)
@given(neuron=neurons(shape=(9, 30, 36), branches=2, noise=4.0), change=CHANGES)
def test_the_tree_stays_in_the_standard_alone(
    xp: Any, device: Any, neuron: Neuron, change: Change
) -> None:
    check_on_lane(xp, device, neuron, change)
