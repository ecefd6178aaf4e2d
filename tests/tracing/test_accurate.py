"""Accurate tracing of drawn neurons: what must not change a trace, and what must be found."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import ndimage

import zimg
from zimg.ops import upload
from zimg.phantom import neurite
from zimg.swc import ZSwc
from zimg.swc.comparing import compare
from zimg.testing import LANES, lane_parameters

WIDE = lane_parameters(tuple(each for each in LANES if each.id in ("numpy", "torch", "jax")))
SHAPE = (18, 56, 72)
EDGES = [((8, 28, 9), (36, 26, 9)), ((36, 26, 9), (64, 12, 7)), ((36, 26, 9), (64, 44, 11))]
few = settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def drawn(shape=SHAPE, edges=EDGES, *, amplitude=150.0, noise=5.0, width=1.5, seed=0):
    """Gaussian tubes along straight edges over a background of 20, 8 bits."""
    points = np.concatenate([np.linspace(start, end, 60) for start, end in edges])
    mask = np.ones(shape, bool)
    x, y, z = np.rint(points).astype(int).T
    mask[z, y, x] = False
    away = ndimage.distance_transform_edt(mask)
    signal = 20.0 + amplitude * np.exp(-(away**2) / (2.0 * width**2))
    signal += np.random.default_rng(seed).normal(0.0, noise, shape)
    return np.clip(signal, 0, 255).round().astype(np.uint8)


def known(edges=EDGES):
    points = np.concatenate([np.linspace(start, end, 60) for start, end in edges])
    parent = np.arange(len(points)) - 1
    parent[60::60] = 59
    return ZSwc.from_arrays(points, 1.5, parent)


@pytest.fixture(scope="module")
def plain():
    """The trace of the neuron as it is drawn."""
    return zimg.trace(drawn())


def flipped(axis):
    def back(tree):
        turned = tree.translated((0, 0, 0))
        turned.xyz[:, 2 - axis] = SHAPE[axis] - 1 - turned.xyz[:, 2 - axis]
        return turned

    return lambda image: np.flip(image, axis).copy(), back


def exchanged(tree):
    turned = tree.translated((0, 0, 0))
    turned.xyz[:, :2] = tree.xyz[:, 1::-1]
    return turned


def padded(image):
    around = np.random.default_rng(7).normal(20.0, 5.0, (18, 72, 88)).clip(0, 255)
    around[:, 8:-8, 8:-8] = image
    return around.round().astype(np.uint8)


def hot(image):
    out = image.astype(np.float32)
    out[9, 3, 4] = 1e4
    return out


def same(tree):
    return tree


CHANGES = {
    "crop": (lambda image: image[:, 3:-3, 3:-3].copy(), lambda tree: tree.translated((3, 3, 0))),
    "pad": (padded, lambda tree: tree.translated((-8, -8, 0))),
    "mirror x": flipped(2),
    "mirror y": flipped(1),
    "mirror z": flipped(0),
    "exchange of axes": (lambda image: image.swapaxes(1, 2).copy(), exchanged),
    "gain and offset": (lambda image: image.astype(np.uint16) * 16 + 1000, same),
    "float": (lambda image: image.astype(np.float32), same),
    "small unit": (lambda image: (image / 1e5).astype(np.float32), same),
    "hot voxel": (hot, same),
    "gamma": (lambda image: (255 * (image / 255.0) ** 1.3).round().astype(np.uint8), same),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_says_nothing_new_changes_no_tree(plain, name):
    change, back = CHANGES[name]
    tree = back(zimg.trace(change(drawn())))
    assert len(tree.roots) == len(plain.roots) == 1
    assert compare(tree, plain).f1 >= (0.9 if name == "gamma" else 0.95)


@few
@given(noise=st.floats(1.0, 20.0), amplitude=st.floats(90.0, 200.0), seed=st.integers(0, 99))
def test_a_neuron_is_found_whatever_its_noise(noise, amplitude, seed):
    tree = zimg.trace(drawn(noise=noise, amplitude=amplitude, seed=seed))
    found = compare(tree, known(), tolerance=3.0)
    assert found.recall >= 0.9
    assert found.precision >= 0.85


@pytest.mark.parametrize("lane", WIDE, indirect=True)
def test_frameworks_give_one_tree(xp, device, plain):
    tree = zimg.trace(upload(drawn(), on=device, xp=xp))
    assert compare(tree, plain).f1 >= 0.95


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.float32])
def test_noise_does_not_depend_on_the_dtype(plain, dtype):
    # Signed integers and floats had twice the noise, and lost neurites at the limit of contrast.
    tree = zimg.trace(drawn().astype(dtype))
    found, expected = tree.metadata["findings"], plain.metadata["findings"]
    assert found["noise"] == pytest.approx(expected["noise"], rel=0.02)
    assert found["contrast_limit"] == pytest.approx(expected["contrast_limit"], rel=0.02)


@pytest.mark.parametrize("unit", [1.0, 1e-3])
def test_radii_do_not_depend_on_the_unit(plain, unit):
    tree = zimg.trace((drawn() * unit).astype(np.float32))
    assert np.median(tree.radius) == pytest.approx(np.median(plain.radius), abs=0.15)


def test_dark_neurites_are_traced_when_requested(plain):
    tree = zimg.trace(255 - drawn(), invert=True)
    assert compare(tree, plain).f1 >= 0.95


@pytest.mark.parametrize("planes", [1, 2, 3])
def test_few_planes_are_traced(planes):
    edges = [((8, 28, 0), (36, 26, 0)), ((36, 26, 0), (64, 12, 0))]
    volume = np.concatenate(
        [drawn((1, 56, 72), edges, noise=8.0, seed=seed) for seed in range(planes)]
    )
    tree = zimg.trace(volume)
    assert compare(tree, known(edges), voxel_size=(1, 1, 0), tolerance=3.0).recall >= 0.85
    assert (tree.xyz[:, 2] >= -0.6).all()
    assert (tree.xyz[:, 2] <= planes - 0.4).all()
    if planes == 1:
        assert (tree.xyz[:, 2] == 0.0).all()


def test_a_soma_is_the_root_and_its_neurites_are_found():
    shape, centre = (30, 80, 90), np.array([45.0, 40.0, 15.0])
    edges = [(centre, (86, 44, 16)), (centre, (4, 30, 14)), (centre, (50, 76, 15))]
    volume = drawn(shape, edges, amplitude=110.0).astype(float)
    z, y, x = np.indices(shape)
    inside = ((np.stack([x, y, z], -1) - centre) ** 2).sum(-1) < 9.0**2
    volume[inside] = 220.0
    tree = zimg.trace(volume.round().astype(np.uint8))
    root = int(tree.roots[0])
    assert tree.type[root] == 1
    np.testing.assert_allclose(tree.xyz[root], centre, atol=3.0)
    assert tree.radius[root] == pytest.approx(9.0, abs=2.5)
    assert (tree.type == 1).sum() == 1
    away = known(edges).xyz
    away = away[np.linalg.norm(away - centre, axis=1) > 13.0]
    gold = ZSwc.from_arrays(away, 1.0, np.full(len(away), -1))
    assert compare(tree, gold, tolerance=3.0).recall >= 0.9
    bare = zimg.trace(volume.round().astype(np.uint8), soma=False)
    assert not (bare.type == 1).any()


@pytest.mark.parametrize(("amplitude", "radius"), [(40.0, 16.0), (20.0, 12.0)])
def test_dim_neurites_of_a_bright_soma_are_found(amplitude, radius):
    # One chain in the soma used to end the search for dimmer ones.
    shape, centre = (36, 92, 104), np.array([52.0, 46.0, 18.0])
    edges = [(centre, (100, 50, 20)), (centre, (4, 36, 16)), (centre, (58, 88, 18))]
    volume = drawn(shape, edges, amplitude=amplitude, noise=2.0).astype(float)
    z, y, x = np.indices(shape)
    away = np.linalg.norm(np.stack([x, y, z], -1) - centre, axis=-1)
    volume[away < radius] = 220.0
    tree = zimg.trace(volume.round().astype(np.uint8))
    (root,) = tree.roots.tolist()
    assert tree.type[root] == 1
    points = known(edges).xyz
    points = points[np.linalg.norm(points - centre, axis=1) > radius + 4.0]
    gold = ZSwc.from_arrays(points, 1.0, np.full(len(points), -1))
    assert compare(tree, gold, tolerance=3.0).recall >= 0.9


def test_settings_and_findings_come_with_the_tree(plain, tmp_path):
    assert plain.metadata["settings"]["mode"] == "accurate"
    found = plain.metadata["findings"]
    assert found["noise"] > 0
    assert not found["masked"]
    assert found["chains_grown"] >= found["chains_kept"] >= 1
    assert found["clutter_split"] is False
    assert found["length_removed_as_clutter"] == 0.0
    assert found["levels"] == sorted(found["levels"], reverse=True)
    plain.save(tmp_path / "tree.swc")
    (comment,) = ZSwc(tmp_path / "tree.swc").comments
    settings_read = json.loads(comment.removeprefix("traced with "))
    assert settings_read["trees"] == "relative"
    assert settings_read["config"]["seedMethod"] == 1


def test_a_downsampled_trace_is_centred(plain):
    volume = drawn().repeat(2, 0).repeat(2, 1).repeat(2, 2)
    tree = zimg.trace(volume, downsample=(2, 2, 2))
    moved = plain.scaled((2, 2, 2), radius=2.0).translated((0.5, 0.5, 0.5))
    assert compare(tree, moved).f1 >= 0.95


@pytest.mark.parametrize(
    ("mode", "planes"), [("accurate", 1), ("accurate", 3), ("accurate", 96), ("reference", 96)]
)
def test_positions_of_a_downsampled_trace_can_be_those_of_the_reference(mode, planes):
    volume = neurite().volume.repeat(2, 1).repeat(2, 2)
    flat = volume.max(axis=0)[None].repeat(planes, 0)
    volume = volume.repeat(3, 0) if planes == 96 else flat
    options = {"downsample": (2, 2, 3), "mode": mode}
    centred, lower = (zimg.trace(volume, positions=p, **options) for p in ("centred", "reference"))
    assert len(centred) > 0
    half = np.array([0.5, 0.5, 1.0 if planes > 1 else 0.0])
    np.testing.assert_allclose(centred.xyz - half, lower.xyz, atol=1e-9)
    usual = {"accurate": centred, "reference": lower}[mode]
    assert zimg.trace(volume, **options) == usual
    assert lower.metadata["settings"]["positions"] == "reference"
    with pytest.raises(ValueError, match="positions must be one of centred, reference"):
        zimg.trace(volume, positions="corner")


@pytest.mark.parametrize("mode", ["accurate", "reference"])
@pytest.mark.parametrize("level", [1, 3, 6])
def test_every_level_finds_the_neuron(mode, level):
    volume = drawn(noise=9.0)
    tree = zimg.trace(volume, level=level, mode=mode)
    assert compare(tree, known(), tolerance=3.0).recall >= 0.6


def test_trees_are_chosen():
    # Ends beyond the neurites used to hide that 16 of 60 voxels are near the limit of 0.3.
    edges = [((6, 14, 9), (106, 14, 9)), ((50, 42, 9), (66, 42, 9))]
    volume = drawn((18, 56, 112), edges=edges)
    assert len(zimg.trace(volume).roots) == 1
    assert len(zimg.trace(volume, trees="all").roots) == 2


@pytest.mark.skipif(
    "ZIMG_REFERENCE_DATA" not in os.environ, reason="needs the recorded data of the reference"
)
def test_the_glow_of_cell_bodies_is_not_traced():
    image = tifffile.imread(Path(os.environ["ZIMG_REFERENCE_DATA"], "real", "celegans_asj1.tif"))
    tree = zimg.trace(image)
    x, y, z = np.rint(tree.xyz[tree.radius > 8.0]).astype(int).T
    assert len(x)
    assert (image[z, y, x] > 0.1 * image.max()).all()  # cell bodies; their glow is below 0.06
