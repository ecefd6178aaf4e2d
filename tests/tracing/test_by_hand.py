"""Tracing from a point and between two points, and many images in a row."""

import warnings

import numpy as np
import pytest
import tifffile

import zimg
from zimg.phantom import neurite
from zimg.swc import ZSwc
from zimg.swc.comparing import compare
from zimg.tracing.many import attempt
from zimg.tracing.seeded import joined

PHANTOM = neurite()
LENGTH = PHANTOM.tree.total_length()


def along(share):
    """A point of the known neurite."""
    fine = PHANTOM.tree.resampled(1.0)
    return fine.xyz[int(share * (len(fine) - 1))]


def test_a_point_gives_the_neurite_through_it():
    tree = zimg.trace_from(PHANTOM.volume, along(0.5))
    found = compare(tree, PHANTOM.tree)
    assert found.recall > 0.8
    assert found.precision > 0.9


def test_a_branch_stops_at_the_tree_and_joins_it():
    whole = zimg.trace_from(PHANTOM.volume, along(0.5))
    first = whole.xyz[:, 0] < np.median(whole.xyz[:, 0])
    rows = np.flatnonzero(first)
    half = ZSwc.from_arrays(whole.xyz[rows], whole.radius[rows], np.arange(len(rows)) - 1)
    tree = zimg.trace_from(PHANTOM.volume, along(0.85), half)
    assert len(tree.roots) == 1
    assert len(tree) > len(half)
    assert compare(tree, PHANTOM.tree).recall > 0.8


def test_where_nothing_fits_the_tree_stays_and_a_warning_reports_it():
    empty = np.zeros((9, 30, 30), np.uint8)
    host = ZSwc.from_arrays([[1, 2, 3]], 1, [-1])
    with pytest.warns(zimg.TraceWarning, match=r"from \(5, 6, 4\)"):
        assert zimg.trace_from(empty, (5, 6, 4), host) == host


def test_warnings_point_to_the_line_of_the_caller():
    empty = np.zeros((9, 30, 30), np.uint8)
    for call in (lambda: zimg.trace(empty), lambda: zimg.trace_from(empty, (5, 6, 4))):
        with pytest.warns(zimg.TraceWarning) as caught:
            call()
        assert caught[0].filename == __file__


@pytest.mark.parametrize("point", [(80, 3, 3), (-1, 0, 0), (1, 2)])
def test_a_point_outside_is_refused(point):
    with pytest.raises(ValueError, match="seed_xyz"):
        zimg.trace_from(PHANTOM.volume, point)


def test_a_branch_is_joined_by_its_nearer_end():
    host = ZSwc.from_arrays([[0, 0, 0], [30, 0, 0]], 2, [-1, 0])
    branch = np.array([[30.0, 20.0, 0.0], [30.0, 12.0, 0.0], [30.0, 6.0, 0.0]])
    tree = joined(host, branch, np.ones(3), z_to_xy=1.0)
    assert len(tree.roots) == 1
    assert tree.total_length() == pytest.approx(30.0 + 6.0 + 14.0)
    far = joined(host, branch + np.array([0, 40, 0]), np.ones(3), z_to_xy=1.0)
    assert len(far.roots) == 2


def test_a_branch_keeps_what_the_tree_says():
    host = ZSwc.from_arrays(
        [[0, 0, 0], [30, 0, 0]], 2, [-1, 0], type=3, id=[7, 9], label=4, comments=["by hand"]
    )
    tree = joined(host, np.array([[30.0, 6.0, 0.0], [30.0, 20.0, 0.0]]), np.ones(2), z_to_xy=1.0)
    assert tree.comments == ["by hand"]
    assert tree.id.tolist() == [7, 9, 10, 11]
    assert tree.type.tolist() == [3, 3, 0, 0]
    assert tree.label[:2].tolist() == [4, 4]


def test_a_tree_in_micrometres_is_refused():
    host = PHANTOM.tree.to_um((0.5, 0.5, 1.0))
    with pytest.raises(ValueError, match="tree must be in voxels"):
        zimg.trace_from(PHANTOM.volume, along(0.5), host)


@pytest.mark.parametrize("planes", [1, 2])
def test_thin_images_are_traced_by_hand(planes):
    middle = np.repeat(PHANTOM.volume.max(axis=0)[None], planes, axis=0)
    start, end = (*along(0.1)[:2], 0.0), (*along(0.9)[:2], planes - 1.0)
    branch = zimg.trace_from(middle, (*along(0.5)[:2], 0.0))
    path = zimg.trace_path(middle, start, end)
    for tree in (branch, path):
        assert (tree.xyz[:, 2] >= -0.6).all()
        assert (tree.xyz[:, 2] <= planes - 0.4).all()
        assert compare(tree, PHANTOM.tree, tolerance=3.0, voxel_size=(1, 1, 0)).precision > 0.9


def test_by_hand_in_flat_voxels():
    flat = PHANTOM.volume[::2]
    known = PHANTOM.tree.scaled((1.0, 1.0, 0.5))
    start, end = (along(share) * (1.0, 1.0, 0.5) for share in (0.1, 0.9))
    branch = zimg.trace_from(flat, along(0.5) * (1.0, 1.0, 0.5), z_to_xy=2.0)
    path = zimg.trace_path(flat, start, end, z_to_xy=2.0)
    np.testing.assert_allclose(path.xyz[[0, -1]], [start, end])
    for tree in (branch, path):
        assert compare(tree, known, voxel_size=(1, 1, 2)).precision > 0.9


@pytest.mark.parametrize("edge_path", [False, True])
def test_a_path_follows_the_neurite_between_two_points(edge_path):
    start, end = along(0.1), along(0.9)
    path = zimg.trace_path(PHANTOM.volume, start, end, edge_path=edge_path)
    np.testing.assert_allclose(path.xyz[0], start)
    np.testing.assert_allclose(path.xyz[-1], end)
    assert compare(path, PHANTOM.tree, tolerance=4.0 if edge_path else 2.0).precision > 0.9
    assert path.parent.tolist() == list(range(-1, len(path) - 1))


def test_radii_of_a_path_are_those_of_the_neurite():
    path = zimg.trace_path(PHANTOM.volume, along(0.2), along(0.8))
    assert np.median(path.radius) == pytest.approx(np.median(PHANTOM.tree.radius), rel=0.4)


def test_points_too_far_apart_are_refused():
    with pytest.raises(ValueError, match="too far apart"):
        zimg.trace_path(np.zeros((40, 400, 400), np.uint8), (0, 0, 0), (399, 399, 39))


def test_many_images_give_a_table_and_one_failure_stops_nothing(tmp_path):
    good, broken = tmp_path / "good.tif", tmp_path / "broken.tif"
    tifffile.imwrite(good, PHANTOM.volume)
    broken.write_bytes(b"II*\0nothing")
    images = iter([good, broken, PHANTOM.volume, np.zeros((5, 20, 20), np.uint8)])
    told = []
    table = zimg.trace_many(
        images, output=tmp_path / "trees", progress=lambda *step: told.append(step)
    )
    assert [row.name for row in table] == [str(good), str(broken), "image 3", "image 4"]
    assert [bool(row.error) for row in table] == [False, True, False, False]
    assert table[0].tree == table[2].tree == ZSwc(tmp_path / "trees" / "good.swc").rerooted(0)
    assert table[3].warnings
    assert table.failed == [table[1]]
    assert not (tmp_path / "trees" / "broken.swc").exists()
    assert told[-1][1] == 4
    lines = str(table).splitlines()
    assert len(lines) == 5
    assert "broken" in lines[2]
    assert len(table.to_records()) == 4


def test_two_images_of_one_output_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a\.swc"):
        zimg.trace_many([tmp_path / "x" / "a.tif", tmp_path / "y" / "a.tif"], output=tmp_path)


def test_trees_that_exist_are_replaced_only_when_asked(tmp_path):
    (tmp_path / "image_1.swc").write_text("older")
    (row,) = zimg.trace_many([PHANTOM.volume], output=tmp_path)
    assert "overwrite" in row.error
    assert (tmp_path / "image_1.swc").read_text() == "older"
    (row,) = zimg.trace_many([PHANTOM.volume], output=tmp_path, overwrite=True)
    assert not row.error
    assert len(ZSwc(tmp_path / "image_1.swc")) == row.nodes > 0


def test_a_channel_of_files_and_images_is_traced(tmp_path):
    both = np.stack([np.zeros_like(PHANTOM.volume), PHANTOM.volume], axis=1)
    tifffile.imwrite(tmp_path / "two.tif", both, imagej=True, metadata={"axes": "ZCYX"})
    image = zimg.read(tmp_path / "two.tif")
    first, second = zimg.trace_many([tmp_path / "two.tif", image], channel=1)
    assert first.tree == second.tree
    assert first.nodes > 0
    (row,) = zimg.trace_many([tmp_path / "two.tif"], channel=2)
    assert row.error


def test_lengths_count_the_distance_of_planes_and_other_warnings_pass():
    flat = zimg.trace_many([PHANTOM.volume], z_to_xy=2.0)[0]
    assert flat.length == pytest.approx(flat.tree.total_length((1.0, 1.0, 2.0)))

    def work():
        warnings.warn("of another kind", UserWarning, stacklevel=1)
        return ZSwc()

    with pytest.warns(UserWarning, match="of another kind"):
        assert attempt("x", work).warnings == []
    with pytest.raises(TypeError, match="invrt"):
        zimg.trace_many([], invrt=True)
