"""Trees drawn into volumes of every framework."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zimg import ZSwc, compare, skeletonize
from zimg.ops import upload
from zimg.swc import drawing
from zimg.testing import bring_home

SHAPE = (12, 20, 24)
BENT = ZSwc.from_arrays(
    [[3.2, 4.1, 2.3], [12.7, 9.4, 5.1], [21.3, 6.2, 9.7], [13.1, 30.4, 6.6]],
    [2.3, 1.4, 0.6, 3.1],
    [-1, 0, 1, 1],
    type=[1, 3, 3, 4],
)


def brute_force(tree, shape, spacing=(1.0, 1.0, 1.0)):
    """The first row whose ball or edge holds the centre of each voxel, else -1, without boxes."""
    scale = np.array(spacing)
    centres = np.indices(shape).T[..., ::-1].transpose(2, 1, 0, 3) * scale
    found = np.full(shape, -1)
    for row in reversed(range(len(tree))):
        above = tree.parent[row]
        for other in {row, above if above >= 0 else row}:
            a, b = tree.xyz[other] * scale, tree.xyz[row] * scale
            step = b - a
            along = np.clip((centres - a) @ step / (step @ step or 1.0), 0, 1)
            away = np.linalg.norm(centres - a - along[..., None] * step, axis=-1)
            radius = tree.radius[other] + along * (tree.radius[row] - tree.radius[other])
            found[away <= radius * np.sqrt(scale[0] * scale[1])] = row
    return found


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.5, 0.8, 2.0)])
def test_voxels_are_those_within_the_radius_of_a_node_or_edge(xp, device, spacing):
    like = upload(np.zeros(1, np.uint8), on=device, xp=xp)
    values = np.arange(1, len(BENT) + 1)
    got = BENT.rasterize(SHAPE, values=values, spacing=spacing, like=like)
    expected = brute_force(BENT, SHAPE, spacing) + 1
    thin = np.round(BENT.xyz[BENT.xyz[:, 1] < SHAPE[1]]).astype(int)
    assert type(got) is type(like)
    differs = bring_home(got) != expected
    assert bring_home(got)[tuple(thin.T[::-1])].all()
    if spacing == (1.0, 1.0, 1.0):
        assert not (differs & (expected > 0)).any()
        assert differs.sum() <= 3  # where the thin end of an edge is narrower than a voxel
    else:
        assert not (differs & (bring_home(got) == 0)).any()


def test_a_ball_has_the_voxels_of_its_equation():
    ball = ZSwc.from_arrays([[10.5, 9.0, 6.25]], [4.2], [-1])
    z, y, x = np.indices(SHAPE)
    inside = (x - 10.5) ** 2 + (y - 9.0) ** 2 + (z - 6.25) ** 2 <= 4.2**2
    assert (ball.rasterize(SHAPE) == inside).all()


def test_a_capsule_has_the_voxels_of_its_equation():
    capsule = ZSwc.from_arrays([[5, 9, 6], [17, 9, 6]], 3.0, [-1, 0])
    z, y, x = np.indices(SHAPE)
    away = (x - np.clip(x, 5, 17)) ** 2 + (y - 9) ** 2 + (z - 6) ** 2
    assert (capsule.rasterize(SHAPE) == (away <= 9)).all()


def test_radii_are_in_voxels_of_the_plane():
    ball = ZSwc.from_arrays([[10, 9, 6]], [4.0], [-1])
    flat = ball.rasterize(SHAPE, spacing=(0.25, 0.25, 1.0))
    assert flat.any(axis=(0, 1)).sum() == 9
    assert flat.any(axis=(1, 2)).sum() == 3


@settings(deadline=None, max_examples=30)
@given(
    xyz=arrays(np.float64, (6, 3), elements=st.floats(-8, 30)),
    radius=arrays(np.float64, 6, elements=st.floats(0, 3)),
)
def test_nothing_is_missing_and_every_node_and_edge_is_in_its_voxels(xyz, radius):
    tree = ZSwc.from_arrays(xyz, radius, [-1, 0, 1, 1, -1, 4])
    volume = tree.rasterize(SHAPE)
    assert volume[brute_force(tree, SHAPE) >= 0].all()
    for share in np.linspace(0, 1, 40):
        above = np.where(tree.parent < 0, np.arange(6), tree.parent)
        for point in tree.xyz[above] * (1 - share) + tree.xyz * share:
            voxel = np.floor(point[::-1] + 0.5).astype(int)
            if (voxel >= 1).all() and (voxel < np.array(SHAPE) - 1).all():
                near = tuple(slice(v - 1, v + 2) for v in voxel)
                assert volume[near].any()
    for node in tree.xyz[:, ::-1]:
        voxel = np.floor(node + 0.5).astype(int)
        assert not ((voxel >= 0) & (voxel < SHAPE)).all() or volume[tuple(voxel)]


def test_an_edge_of_radius_nought_is_one_line_of_voxels():
    line = ZSwc.from_arrays([[1.0, 2.0, 3.0], [20.0, 12.0, 9.0]], 0.0, [-1, 0]).rasterize(SHAPE)
    assert line.sum() == 20  # one for each step along x
    assert (line.any(axis=(0, 1)).nonzero()[0] == np.arange(1, 21)).all()


def test_what_lies_outside_is_cut_off_however_far_it_reaches():
    tree = ZSwc.from_arrays(
        np.asarray([[-1e9, 5, 5], [1e9, 5, 5], [300, 300, 300]]), 1.2, [-1, 0, -1]
    )
    volume = tree.rasterize(SHAPE)
    assert volume[5, 5, :].all()
    assert volume.sum() == 5 * SHAPE[2]


def test_slabs_change_nothing(monkeypatch):
    whole = BENT.rasterize(SHAPE, values="id")
    monkeypatch.setattr(drawing, "VOXELS_AT_ONCE", 700)
    assert (BENT.rasterize(SHAPE, values="id") == whole).all()


def test_columns_and_trees_are_drawn_by_name_and_the_first_row_wins():
    two = ZSwc.from_arrays(
        [[4, 4, 4], [10, 4, 4], [10, 14, 4]], 2.0, [-1, 0, -1], type=[1, 3, 5], id=[7, 9, 8]
    )
    for name, expected in {"type": (1, 3, 5), "id": (7, 9, 8), "tree": (1, 1, 2)}.items():
        volume = two.rasterize((8, 20, 16), values=name, dtype="uint16")
        assert volume.dtype == np.uint16
        assert tuple(volume[4, (4, 4, 14), (4, 10, 10)]) == expected
    assert two.rasterize((8, 20, 16), values="type")[4, 4, 6] == 1  # the soma is whole
    two.label[:] = (0, 4, 6)
    assert set(np.unique(two.rasterize((8, 20, 16), values="label"))) == {0, 4, 6}


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", "int32", "float32"])
def test_the_volume_has_the_type_requested(xp, device, dtype):
    like = upload(np.zeros(1, np.uint8), on=device, xp=xp)
    volume = BENT.rasterize(SHAPE, dtype=dtype, like=like)
    assert volume.dtype == getattr(xp, dtype)
    assert (bring_home(volume) == BENT.rasterize(SHAPE)).all()


@pytest.mark.parametrize("framework", ["torch", "jax", "array_api_strict"])
def test_frameworks_are_named_as_everywhere(framework):
    pytest.importorskip(framework)
    volume = BENT.rasterize(SHAPE, framework=framework, device="cpu")
    assert type(volume).__module__.split(".")[0].startswith(framework[:3])
    assert (bring_home(volume) == BENT.rasterize(SHAPE)).all()


def test_an_empty_forest_draws_nothing(xp, device):
    like = upload(np.zeros(1, np.uint8), on=device, xp=xp)
    volume = ZSwc().rasterize(SHAPE, like=like)
    assert volume.shape == SHAPE
    assert not bring_home(volume).any()


def test_the_skeleton_of_a_drawn_tube_is_the_tube():
    tube = ZSwc.from_arrays(
        np.c_[np.arange(8.0, 73, 4), np.full((17, 2), 12.0)], 3.0, range(-1, 16)
    )
    found = skeletonize(tube.rasterize((25, 25, 81)))
    score = compare(found, tube)
    assert score.f1 > 0.95
    assert found.total_length() == pytest.approx(tube.total_length(), rel=0.15)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": (3, 4)}, "three sizes"),
        ({"shape": (3, 4, 0)}, "at least 1"),
        ({"shape": (3, 4, 2.5)}, "three sizes"),
        ({"spacing": (1, 1)}, "three numbers above 0"),
        ({"spacing": (1, 1, 0)}, "three numbers above 0"),
        ({"values": "colour"}, "tree, id, type, label"),
        ({"values": 300}, "uint8 cannot hold the value 300 of row 0"),
        ({"values": [1, 2]}, "one per row"),
        ({"framework": "memview"}, "memview"),
        ({"framework": "abacus"}, "abacus"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        BENT.rasterize(**{"shape": SHAPE} | options)


def test_radii_that_are_no_numbers_are_refused():
    tree = ZSwc.from_arrays([[1, 1, 1]], [1.0], [-1])
    tree.radius[0] = np.nan
    with pytest.raises(ValueError, match="radi"):
        tree.rasterize(SHAPE)


def test_unknown_radii_are_counted_and_drawn_as_nought():
    unknown = ZSwc.from_arrays([[3, 3, 3], [8, 3, 3], [8, 6, 3]], [-1, -1, 0], [-1, 0, 1])
    with pytest.warns(UserWarning, match="2 of 3 radii are negative, that is unknown, and drawn"):
        volume = unknown.rasterize(SHAPE)
    known = ZSwc.from_arrays(unknown.xyz, 0, unknown.parent)
    assert (volume == known.rasterize(SHAPE)).all()
    assert volume.sum() == 9
    assert unknown.radius.tolist() == [-1, -1, 0]


def test_a_tree_in_micrometres_is_refused():
    with pytest.raises(ValueError, match="to_voxels"):
        BENT.to_um((0.5, 0.5, 1.0)).rasterize(SHAPE)
