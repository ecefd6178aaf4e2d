"""Somata: found where a ball is, absent where none is, and put into trees as one node."""

import numpy as np
import pytest

from zimg.swc import ZSwc
from zimg.tracing.soma import Soma, find_somata
from zimg.tracing.soma_nodes import with_somata

CENTRE, RADIUS = np.array([40.0, 36.0, 12.0]), 9.0


def ball(shape=(24, 72, 80), *, value=200, z_to_xy=1.0):
    z, y, x = np.indices(shape).astype(float)
    away = (x - CENTRE[0]) ** 2 + (y - CENTRE[1]) ** 2 + ((z - CENTRE[2] / z_to_xy) * z_to_xy) ** 2
    volume = np.where(away <= RADIUS**2, float(value), 0.0)
    volume[int(CENTRE[2] / z_to_xy), 35:38, :] = np.maximum(volume[0, 0, 0], value * 0.8)
    volume[away <= RADIUS**2] = value
    return volume.astype(np.uint8)


def test_a_ball_is_found_with_its_radius(on_lane):
    (found,) = find_somata(on_lane(ball()), top=200.0, neurite_radius=1.5)
    np.testing.assert_allclose(found.position, CENTRE, atol=1.5)
    assert found.radius == pytest.approx(RADIUS, abs=1.5)


@pytest.mark.parametrize(("shape", "z_to_xy"), [((12, 72, 80), 2.0), ((3, 72, 80), 1.0)])
def test_flat_voxels_and_flat_stacks(on_lane, shape, z_to_xy):
    volume = ball(shape, z_to_xy=z_to_xy) if z_to_xy > 1 else ball()[11:14]
    (found,) = find_somata(on_lane(volume), top=200.0, neurite_radius=1.5, z_to_xy=z_to_xy)
    np.testing.assert_allclose(found.position[:2], CENTRE[:2], atol=1.5)
    assert found.radius == pytest.approx(RADIUS, abs=1.5)


def test_a_soma_that_is_flat_because_planes_are_far_apart_is_found_without_their_distance(on_lane):
    z, y, x = np.indices((24, 72, 80)).astype(float)
    away = (x - CENTRE[0]) ** 2 + (y - CENTRE[1]) ** 2 + (5.0 * (z - CENTRE[2])) ** 2
    (found,) = find_somata(
        on_lane(np.where(away <= 12.0**2, 200, 0).astype(np.uint8)), top=200.0, neurite_radius=1.5
    )
    np.testing.assert_allclose(found.position, CENTRE, atol=1.5)
    assert found.radius == pytest.approx(12.0, abs=1.5)


def test_a_neurite_is_no_soma_and_a_blob_that_is_too_large_neither(on_lane):
    blob = on_lane(np.full((9, 40, 40), 200, np.uint8))
    assert find_somata(on_lane(ball()), top=200.0, neurite_radius=4.0) == []
    assert find_somata(blob, top=200.0, neurite_radius=1.0) == []


def star(arms=4, length=40.0, step=2.0):
    """Arms from the centre outwards in the plane; the first node is in the centre."""
    points, parents = [CENTRE], [-1]
    for arm in range(arms):
        angle = 2 * np.pi * arm / arms
        way = np.array([np.cos(angle), np.sin(angle), 0.0])
        last = 0
        for away in np.arange(step, length + 1e-9, step):
            points.append(CENTRE + away * way)
            parents.append(last)
            last = len(points) - 1
    return ZSwc.from_arrays(points, 1.0, parents, type=2)


@pytest.mark.parametrize("z_to_xy", [1.0, 2.0])
def test_arms_end_at_the_soma_which_is_the_root(z_to_xy):
    scale = np.array([1.0, 1.0, z_to_xy])
    arms = star()
    tree = ZSwc.from_arrays(arms.xyz / scale, arms.radius, arms.parent, type=arms.type)
    found, placed = with_somata(tree, [Soma(CENTRE, RADIUS)], z_to_xy=z_to_xy)
    assert placed == 1
    assert found.roots.tolist() == [0]
    assert (found.type[0], found.radius[0]) == (1, RADIUS)
    np.testing.assert_allclose(found.xyz[0] * scale, CENTRE)
    away = np.linalg.norm(found.xyz[1:] * scale - CENTRE, axis=1)
    assert away.min() == pytest.approx(1.15 * RADIUS)
    assert (found.parent == 0).sum() == 4


def test_arms_of_several_trees_become_one_tree():
    first = ZSwc.from_arrays([[44, 36, 12], [75, 36, 12]], 1, [-1, 0], type=2)
    second = ZSwc.from_arrays([[36, 36, 12], [5, 36, 12]], 1, [-1, 0], type=2)
    found, _ = with_somata(ZSwc.concatenate([first, second]), [Soma(CENTRE, RADIUS)])
    assert len(found.roots) == 1
    assert len(found) == 5


def test_stubs_on_the_surface_are_removed_and_a_ball_without_arms_changes_nothing():
    stub = ZSwc.from_arrays([[44, 36, 12], [54, 36, 12]], 1, [-1, 0], type=2)
    arm = ZSwc.from_arrays([[36, 36, 12], [5, 36, 12]], 1, [-1, 0], type=2)
    found, _ = with_somata(ZSwc.concatenate([stub, arm]), [Soma(CENTRE, RADIUS)])
    assert found.xyz[:, 0].max() == CENTRE[0]
    alone, placed = with_somata(stub, [Soma(CENTRE, RADIUS)])
    assert (alone, placed) == (stub, 0)


def test_a_neurite_between_two_somata_joins_them():
    line = ZSwc.from_arrays([[x, 36, 12] for x in range(40, 121, 4)], 1, np.arange(21) - 1, type=2)
    far = Soma(np.array([120.0, 36.0, 12.0]), 8.0)
    found, placed = with_somata(line, [Soma(CENTRE, RADIUS), far])
    assert placed == 2
    assert len(found.roots) == 1
    assert (found.type == 1).sum() == 2
    assert found.total_length() == pytest.approx(80.0)


def arms_at(*gaps):
    """Straight arms of 30 voxels from so many voxels beyond the surface of the soma."""
    ways = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    reach = np.array([[RADIUS + gap + 1.0, RADIUS + gap + 31.0] for gap in gaps])
    xyz = CENTRE + reach[..., None] * ways[: len(gaps), None]
    parent = np.stack([np.full(len(gaps), -1), 2 * np.arange(len(gaps))], axis=1)
    return ZSwc.from_arrays(xyz.reshape(-1, 3), 1.0, parent.reshape(-1), type=2)


def test_arms_that_end_near_a_soma_are_joined_to_it():
    found, placed = with_somata(arms_at(2.0, 6.0, 9.0), [Soma(CENTRE, RADIUS)])
    assert placed == len(found.roots) == 1
    assert found.type[found.roots[0]] == 1
    assert np.bincount(found.parent[found.parent >= 0], minlength=len(found))[found.roots[0]] == 3


@pytest.mark.parametrize("gaps", [(11.0, 12.0), (4.0,), (4.0, 15.0)])
def test_a_ball_that_one_end_is_near_is_not_made_a_node(gaps):
    tree = arms_at(*gaps)
    assert with_somata(tree, [Soma(CENTRE, RADIUS)]) == (tree, 0)
