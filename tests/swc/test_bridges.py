"""Trees in napari, navis and skan: against the real packages where they are installed."""

import numpy as np
import pytest
from hypothesis import given

from tests.swc.forests import forests, same
from zimg import ZSwc
from zimg.swc.headers import Unit

pytestmark = pytest.mark.filterwarnings("ignore")  # of packages that these import


def fork(unit: Unit = "um") -> ZSwc:
    """A fork and a tree by itself."""
    xyz = [[0, 0, 0], [3, 4, 0], [9, 4, 0], [3, 4, 2], [7, 7, 7], [8, 7, 7]]
    tree = ZSwc.from_arrays(
        xyz,
        [5, 4, 3, 2, 1, 1],
        [-1, 0, 1, 1, -1, 4],
        type=[1, 2, 3, 4, 0, 2],
        id=[9, 4, 6, 2, 7, 8],
    )
    tree.unit = unit
    return tree


@given(tree=forests())
def test_a_layer_of_a_tree_gives_the_tree_back(tree):
    (layer,) = tree.to_napari()
    again = ZSwc.from_napari(layer)
    again.label = tree.label.copy()  # SWC files have no labels, and layers neither
    assert same(again, tree)


def test_a_node_that_was_moved_in_the_layer_is_moved_in_the_tree():
    data, options, kind = fork().to_napari()[0]
    data[2, 1] += (1.0, 0.0, 0.0)  # z
    moved = ZSwc.from_napari((data, options, kind))
    row = int(np.flatnonzero(moved.id == 6)[0])
    assert moved.xyz[row].tolist() == [9, 4, 1]


def test_lines_and_vectors_of_others_are_joined_where_they_meet():
    lines = [np.array([[0, 0, 0], [0, 0, 5], [0, 0, 9]]), np.array([[0, 0, 5], [0, 3, 5]])]
    tree = ZSwc.from_napari((lines, {"shape_type": "path"}, "shapes"))
    assert tree.xyz.tolist() == [[0, 0, 0], [5, 0, 0], [9, 0, 0], [5, 3, 0]]
    assert tree.parent.tolist() == [-1, 0, 1, 1]
    vectors = np.array([[[0, 0, 0], [0, 0, 5]], [[0, 0, 5], [0, 3, 0]]], float)
    assert ZSwc.from_napari((vectors, {}, "vectors")).parent.tolist() == [-1, 0, 1]


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        ((np.zeros((3, 3)), {}, "points"), "expected vectors or shapes"),
        (([np.zeros((4, 3))], {"shape_type": "polygon"}, "shapes"), "paths and lines"),
        (([np.zeros((4, 2))], {"shape_type": "path"}, "shapes"), "positions z, y, x"),
        ((np.zeros((3, 2, 2)), {}, "vectors"), r"\(n, 2, 3\)"),
    ],
)
def test_layers_that_are_no_tree_are_refused(layer, told):
    with pytest.raises(ValueError, match=told):
        ZSwc.from_napari(layer)


def test_voxels_are_scaled_to_micrometres():
    tree = fork("voxel")
    tree.voxel_size = (0.5, 0.25, 2.0)
    _, options, _ = tree.to_napari()[0]
    assert options["scale"] == (2.0, 0.25, 0.5)
    assert options["units"] == ("um",) * 3


def test_the_real_napari_takes_the_layer_and_gives_it_back():
    napari = pytest.importorskip(
        "napari", reason="napari is not installed: `make napari` runs this"
    )
    model = napari.components.ViewerModel()
    (layer,) = fork().to_napari(model)
    assert same(ZSwc.from_napari(layer), fork())


def test_navis_measures_the_same_and_gives_the_tree_back():
    navis = pytest.importorskip("navis", reason="navis is not installed")
    tree = fork()
    neuron = tree.to_navis(name="cell")
    assert isinstance(neuron, navis.TreeNeuron)
    assert neuron.cable_length == pytest.approx(5 + 6 + 2 + 1)
    assert (neuron.n_nodes, neuron.n_branches, neuron.n_trees) == (6, 1, 2)
    assert str(neuron.units) == "1 micrometer"
    again = ZSwc.from_navis(neuron)
    assert again.unit == "um"
    assert again.to_pandas().equals(tree.to_pandas())


def test_a_file_of_ours_is_read_by_navis_and_one_of_navis_by_ours(tmp_path):
    navis = pytest.importorskip("navis", reason="navis is not installed")
    fork().save(tmp_path / "a.swc")
    neuron = navis.read_swc(str(tmp_path / "a.swc"))
    assert neuron.cable_length == pytest.approx(14)
    navis.write_swc(neuron, tmp_path / "b.swc")
    again = ZSwc(tmp_path / "b.swc")
    assert again.xyz[again.parent < 0].tolist() == fork().xyz[fork().parent < 0].tolist()
    assert len(again) == len(fork())


def test_skan_finds_the_branches_and_their_lengths():
    skan = pytest.importorskip("skan", reason="skan is not installed")
    csr = pytest.importorskip("skan.csr")
    if not hasattr(csr, "PathGraph"):
        pytest.skip("skan is older than 0.13")
    tree = fork()
    skeleton = tree.to_skan()
    assert isinstance(skeleton, skan.Skeleton)
    assert skeleton.n_paths == 4
    assert sorted(skeleton.path_lengths()) == pytest.approx([1, 2, 5, 6])
    np.testing.assert_array_equal(skeleton.coordinates, tree.xyz[:, ::-1])
    table = skan.summarize(skeleton, separator="-")
    assert table["branch-distance"].sum() == pytest.approx(14)
