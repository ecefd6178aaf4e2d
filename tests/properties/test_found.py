"""Neurons that are found: whatever the noise, the soma, the lighting, the width, the planes."""

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import cKDTree

import zimg
from tests.properties.neurons import Neuron, agreement, neurons
from tests.properties.test_same_tree import WIDE, examples
from zimg.ops import upload
from zimg.swc import ZSwc
from zimg.swc.comparing import compare


def eight_bits(grey: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


def recall(tree: ZSwc, neuron: Neuron, *, beyond: float = 0.0) -> float:
    """Share of the neuron within 3 voxels of a trace, away from its middle point."""
    points = neuron.points
    away = points[np.linalg.norm(points - points[0], axis=1) >= beyond]
    known = ZSwc.from_arrays(away, 1.0, np.full(len(away), -1))
    return compare(tree, known, tolerance=3.0).recall if len(tree) else 0.0


@examples(12)
@given(neuron=neurons(noise=20.0, background=70.0), contrast=st.floats(2.2, 8.0))
def test_a_neuron_above_twice_the_noise_gives_a_result(neuron: Neuron, contrast: float) -> None:
    drawn = neuron.with_(amplitude=20.0 * contrast)
    tree = zimg.trace(drawn.image())
    assert len(tree)
    assert compare(tree, drawn.tree, tolerance=3.0).precision >= 0.7
    if contrast >= 4.0:
        assert recall(tree, drawn) >= 0.8


@examples(6)
@given(neuron=neurons(noise=0.0), noise=st.floats(0.0, 2.0))
def test_a_clean_bright_neuron_is_found(neuron: Neuron, noise: float) -> None:
    tree = zimg.trace(neuron.with_(noise=noise).image())
    assert recall(tree, neuron) >= 0.9


@examples(8)
@given(
    neuron=neurons(shape=(24, 72, 84), noise=4.0, width=1.5),
    amplitude=st.floats(50.0, 150.0),
    radius=st.floats(7.5, 11.0),
)
def test_neurites_of_a_bright_soma_are_found(
    neuron: Neuron, amplitude: float, radius: float
) -> None:
    drawn = neuron.with_(amplitude=amplitude)
    z, y, x = np.indices(drawn.shape)
    away = np.linalg.norm(np.stack([x, y, z], -1) - drawn.points[0], axis=-1)
    soma = 200.0 * (away < radius)
    grey = drawn.grey() + np.maximum(soma - amplitude * drawn.clean(), 0.0)
    tree = zimg.trace(eight_bits(grey))
    assert tree.type.tolist().count(1) == 1
    assert tree.radius[tree.type == 1][0] == pytest.approx(radius, abs=2.5)
    assert recall(tree, drawn, beyond=radius + 4.0) >= 0.8


@examples(8)
@given(neuron=neurons(noise=4.0, amplitude=120.0), darker=st.floats(0.0, 0.6))
def test_vignetting_hides_no_branch(neuron: Neuron, darker: float) -> None:
    _, y, x = np.indices(neuron.shape)
    _, height, width = neuron.shape
    off = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * 2.0
    tree = zimg.trace(eight_bits(neuron.grey() * (1.0 - darker * off)))
    assert recall(tree, neuron) >= 0.85
    assert compare(tree, neuron.tree, tolerance=3.0).precision >= 0.85


@examples(8)
@given(
    neuron=neurons(noise=4.0, amplitude=120.0),
    step=st.floats(-12.0, 12.0),
    gain=st.floats(0.75, 1.0),
    seam=st.integers(15, 50),
)
def test_seams_of_tiles_are_no_neurites(
    neuron: Neuron, step: float, gain: float, seam: int
) -> None:
    grey = neuron.grey()
    grey[:, :, seam:] = grey[:, :, seam:] * gain + step
    tree = zimg.trace(eight_bits(grey))
    assert recall(tree, neuron) >= 0.85
    assert compare(tree, neuron.tree, tolerance=3.0).precision >= 0.85


@examples(3)
@given(
    seed=st.integers(0, 99),
    radius=st.floats(6.0, 13.0),
    amplitude=st.floats(60.0, 200.0),
    noise=st.floats(1.0, 10.0),
)
def test_thick_neurites_are_found(seed: int, radius: float, amplitude: float, noise: float) -> None:
    shape, points = (40, 80, 140), np.linspace((16.0, 36.0, 20.0), (124.0, 44.0, 20.0), 150)
    z, y, x = np.indices(shape)
    distance, _ = cKDTree(points).query(np.stack([x, y, z], -1))
    grey = 20.0 + amplitude / (1.0 + np.exp(1.5 * (distance - radius)))
    tree = zimg.trace(eight_bits(grey + np.random.default_rng(seed).normal(0.0, noise, shape)))
    known = ZSwc.from_arrays(points, radius, np.arange(len(points)) - 1)
    found = compare(tree, known, tolerance=radius / 3.0)
    assert found.recall >= 0.8
    assert found.precision >= 0.8
    assert np.median(tree.radius) == pytest.approx(radius, rel=0.35)


@examples(8)
@given(
    seed=st.integers(0, 999),
    planes=st.integers(1, 3),
    noise=st.floats(0.0, 15.0),
    kind=st.sampled_from([np.uint8, np.uint16, np.float32]),
)
def test_few_planes_are_traced(seed: int, planes: int, noise: float, kind: Any) -> None:
    neuron = Neuron(seed, (planes, 52, 68), noise=noise, branches=3)
    tree = zimg.trace(neuron.image().astype(kind))
    points = ZSwc.from_arrays(neuron.points, 1.0, np.full(len(neuron.points), -1))
    assert compare(tree, points, tolerance=3.0, voxel_size=(1, 1, 0)).recall >= 0.85
    assert ((tree.xyz[:, 2] >= -0.6) & (tree.xyz[:, 2] <= planes - 0.4)).all()


@pytest.mark.parametrize("lane", WIDE, indirect=True)
@examples(4)
@given(neuron=neurons(noise=6.0), power=st.floats(-6.0, 6.0), offset=st.floats(-3.0, 3.0))
def test_radii_of_floats_do_not_depend_on_their_unit(
    xp: Any, device: Any, neuron: Neuron, power: float, offset: float
) -> None:
    grey = neuron.grey() / 255.0
    plain = zimg.trace(upload(grey.astype(np.float32), on=device, xp=xp))
    scaled = zimg.trace(
        upload(((grey + offset) * 10.0**power).astype(np.float32), on=device, xp=xp)
    )
    assert np.median(scaled.radius) == pytest.approx(np.median(plain.radius), abs=0.15)
    assert agreement(scaled, plain) >= 0.95


@examples(8)
@given(
    value=st.integers(0, 255),
    noise=st.floats(0.0, 6.0),
    seed=st.integers(0, 999),
    planes=st.integers(1, 9),
)
def test_an_empty_result_comes_with_one_warning(
    value: int, noise: float, seed: int, planes: int
) -> None:
    grey = value + np.random.default_rng(seed).normal(0.0, noise, (planes, 40, 50))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tree = zimg.trace(eight_bits(grey))
    texts = [str(each.message) for each in caught if each.category is zimg.TraceWarning]
    assert len(texts) <= 1
    if len(tree) == 0:
        assert "try" in texts[0]
        assert "\n" not in texts[0]
