"""Unit and voxel size: stated in files, read again, and used."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

import zimg
from tests.swc.forests import chain, forests
from zimg import VoxelSizeUnit, ZException, ZImgInfo, ZSwc

SIZE = (0.25, 0.16, 1.5)


def test_micrometres_are_voxels_times_their_size_and_radii_follow_the_plane() -> None:
    tree = ZSwc.from_arrays([[4, 10, 2]], 5, [-1], id=[9], comments=["mine"])
    real = tree.to_um(SIZE)
    assert np.allclose(real.xyz, [[1, 1.6, 3]])
    assert real.radius.tolist() == pytest.approx([1.0])
    assert (real.unit, real.voxel_size, real.id.tolist()) == ("um", SIZE, [9])
    assert real.comments == ["mine", "unit um", "voxel size 0.25 0.16 1.5 um"]
    assert (tree.unit, tree.voxel_size, tree.comments) == (None, None, ["mine"])


@given(forests())
def test_the_way_back_needs_no_size_and_gives_the_same_tree(tree: ZSwc) -> None:
    back = tree.to_um(SIZE).to_voxels()
    assert (back.unit, back.voxel_size) == ("voxel", SIZE)
    assert np.allclose(back.xyz, tree.xyz)
    assert np.allclose(back.radius, tree.radius)
    assert back.parent.tolist() == tree.parent.tolist()


def test_a_file_reports_both_again(tmp_path: Path) -> None:
    tree = chain([0, 1])
    tree.unit, tree.voxel_size = "voxel", (1 / 3, 1 / 3, 2)
    for each in (tree, tree.to_um()):
        each.save(tmp_path / "tree.swc")
        loaded = ZSwc(tmp_path / "tree.swc")
        assert (loaded.unit, loaded.voxel_size) == (each.unit, (1 / 3, 1 / 3, 2))
        assert loaded == each


def test_what_is_stated_is_stated_once_and_can_be_taken_back() -> None:
    tree = chain([0], comments=["unit um", "a", "unit um"])
    tree.unit = "voxel"
    tree.voxel_size = SIZE
    tree.voxel_size = (1, 1, 2)
    assert tree.comments == ["a", "unit voxel", "voxel size 1.0 1.0 2.0 um"]
    tree.unit = tree.voxel_size = None
    assert tree.comments == ["a"]


@pytest.mark.parametrize(
    "comment", ["unit inch", "the unit um", "voxel size 1 1 x um", "voxel size 0 1 1 um"]
)
def test_other_words_state_nothing(comment: str) -> None:
    tree = chain([0], comments=[comment])
    assert (tree.unit, tree.voxel_size) == (None, None)


def test_the_size_comes_from_the_image_in_any_unit() -> None:
    info = ZImgInfo(5, 5, 5)
    with pytest.raises(ZException, match="none"):
        chain([0]).to_um(info)
    info.voxelSizeUnit = VoxelSizeUnit.nm
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 250, 160, 1500
    assert chain([0]).to_um(info).voxel_size == pytest.approx(SIZE)


def test_no_tree_is_converted_twice_or_by_a_size_that_nobody_knows() -> None:
    with pytest.raises(ValueError, match="states no voxel size"):
        chain([0]).to_um()
    with pytest.raises(ValueError, match="is in um already"):
        chain([0]).to_um(SIZE).to_um()
    with pytest.raises(ValueError, match="is in voxels already"):
        chain([0]).to_um(SIZE).to_voxels().to_voxels()
    for wrong in ((1, 1), (1, 1, 0), (1, 1, np.nan)):
        with pytest.raises(ValueError, match="three positive numbers"):
            chain([0]).to_um(wrong)
    with pytest.raises(ValueError, match=r"unit is 'voxel', 'nm', .*'m' or None, got 'inch'"):
        chain([0]).unit = "inch"  # type: ignore[assignment]


def test_edits_keep_what_is_stated() -> None:
    tree = chain([0, 1, 2]).to_um(SIZE)
    for edited in (tree.rerooted(1), tree.pruned(1), tree.resampled(1), tree.subtree(1)):
        assert (edited.unit, edited.voxel_size) == ("um", SIZE)


def test_trees_of_different_units_are_neither_joined_compared_nor_subtracted() -> None:
    real, unknown = chain([0, 1]).to_um(SIZE), chain([0, 1])
    pixels = real.to_voxels()
    assert ZSwc.concatenate([real, unknown]).unit == "um"
    for work in (lambda: ZSwc.concatenate([real, pixels]), lambda: zimg.compare(real, pixels)):
        with pytest.raises(ValueError, match="some trees are in um, others in voxels"):
            work()
    with pytest.raises(ValueError, match="some trees are in um, others in voxels"):
        zimg.subtract(real, [unknown, pixels])


SNT = ("Exported from SNT v4.2.1", "https://imagej.net/SNT", "")
NAVIS = 'Meta: {"id": "7", "name": "a", "units": %s}'


@pytest.mark.parametrize(
    ("comments", "unit", "size"),
    [
        (
            ["All positions and radii in \u00b5m", "Voxel separation (x,y,z): 0.5, 0.5, 2.0"],
            "um",
            3,
        ),
        (["All positions and radii in microns"], "um", None),
        (["All positions and radii in nm", "Voxel separation (x,y,z): 500, 500, 2e3"], "nm", 3),
        (["All positions and radii in pixels", "Voxel separation (x,y,z): 1, 1, 1"], "voxel", None),
        (["All positions and radii in furlongs"], None, None),
        (["All positions and radii in um", "Voxel separation (x,y,z): 0.5, 0.5"], "um", None),
        (["All positions and radii in um", "Voxel separation (x,y,z): -1, 0.5, 0"], "um", None),
        ([NAVIS % '"1 micrometer"'], "um", None),
        ([NAVIS % '"1 nanometer"'], "nm", None),
        ([NAVIS % '"500 nanometer"'], "voxel", 1),
        ([NAVIS % '"[500. 500. 2000.] nanometer"'], "voxel", 3),
        ([NAVIS % '"None"'], None, None),
        ([NAVIS % '"1 dimensionless"'], None, None),
        (['Meta: {"units": 3'], None, None),
        (["Units: micrometres"], "um", None),
        (["unit = mm"], "mm", None),
        (["units: \u03bcm"], "um", None),
    ],
)
def test_headers_of_snt_and_navis_state_a_unit_and_a_size(comments, unit, size) -> None:
    tree = chain([0], comments=[*SNT, *comments])
    sizes = {None: None, 1: (0.5, 0.5, 0.5), 3: (0.5, 0.5, 2.0)}
    assert (tree.unit, tree.voxel_size) == (unit, sizes[size])


def test_our_own_statement_wins_and_replaces_those_of_others() -> None:
    tree = chain(
        [0], comments=[*SNT, "All positions and radii in pixels", NAVIS % '"1 micrometer"']
    )
    assert tree.unit == "voxel"
    real = tree.to_um(SIZE)
    assert (real.unit, real.voxel_size) == ("um", SIZE)
    assert real.comments == [
        *SNT,
        'Meta: {"id": "7", "name": "a"}',
        "unit um",
        "voxel size 0.25 0.16 1.5 um",
    ]
    tree.unit = None
    assert tree.unit is None


def test_other_lengths_are_converted_and_never_drawn_as_voxels() -> None:
    tree = ZSwc.from_arrays([[1000, 500, 2000]], 250, [-1], comments=["units: nm"])
    real = tree.to_um()
    assert (real.unit, real.voxel_size) == ("um", None)
    assert np.allclose(real.xyz, [[1, 0.5, 2]])
    assert real.radius.tolist() == pytest.approx([0.25])
    pixels = tree.to_voxels((0.5, 0.5, 1.0))
    assert np.allclose(pixels.xyz, [[2, 1, 2]])
    assert pixels.radius.tolist() == pytest.approx([0.5])
    with pytest.raises(ValueError, match="the tree is in nm, but is drawn in voxels"):
        tree.rasterize((3, 3, 3))
    with pytest.raises(ValueError, match="some trees are in nm, others in um"):
        zimg.compare(tree, real)
