"""Forests as arrays of any framework, graphs, tables and Neuroglancer's skeletons, and back."""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests.swc.forests import chain, forests, same
from zimg import ZException, ZSwc
from zimg.arrays.export import exported
from zimg.arrays.interop import framework_name
from zimg.swc.precomputed import segments_in

IN_UM = ["unit um"]


def pair() -> ZSwc:
    """A fork and a node by itself."""
    xyz = [[0, 0, 0], [3, 4, 0], [9, 4, 0], [3, 4, 2], [7, 7, 7]]
    return ZSwc.from_arrays(
        xyz, [5, 4, 3, 2, 1], [-1, 0, 1, 1, -1], type=[1, 2, 3, 4, 0], id=[9, 4, 6, 2, 7]
    )


@pytest.mark.parametrize(
    ("framework", "device"),
    [
        ("numpy", "cpu"),
        ("torch", "cpu"),
        ("jax", "cpu"),
        ("array_api_strict", "cpu"),
        ("array_api_strict", "device1"),
    ],
)
def test_arrays_hold_nodes_and_edges_of_a_forest(framework: str, device: str) -> None:
    pytest.importorskip(framework)
    arrays = pair().to_arrays(framework, dtype="float32", device=device)
    assert all(framework_name(each) == framework for each in arrays)
    assert device in str(arrays.xyz.device).lower()
    xyz, radius, edges = (exported(each, "numpy", device="cpu") for each in arrays)
    assert xyz.tolist() == pair().xyz.tolist()
    assert radius.tolist() == [5, 4, 3, 2, 1]
    assert edges.tolist() == [[0, 1], [1, 2], [1, 3]]


def test_arrays_are_as_wide_as_asked_and_not_those_of_the_forest() -> None:
    tree = pair()
    for dtype, whole in (("float64", "int64"), ("float32", "int32")):
        arrays = tree.to_arrays(dtype=dtype)  # type: ignore[arg-type]
        assert [each.dtype.name for each in arrays] == [dtype, dtype, whole]
        arrays.xyz[:], arrays.radius[:] = 1, 1
    assert tree == pair()
    assert [each.shape for each in ZSwc().to_arrays()] == [(0, 3), (0,), (0, 2)]


def test_arrays_that_would_lose_numbers_are_refused() -> None:
    jax = pytest.importorskip("jax")
    if not jax.config.jax_enable_x64:
        with pytest.raises(TypeError, match="switched off"):
            pair().to_arrays("jax")
    with pytest.raises(ValueError, match="xyz does not fit into float32"):
        chain([1e39]).to_arrays(dtype="float32")
    with pytest.raises(ValueError, match="dtype must be 'float64' or 'float32', got 'float16'"):
        pair().to_arrays(dtype="float16")  # type: ignore[arg-type]


def test_a_graph_leads_from_parents_to_children_and_holds_all_data() -> None:
    pytest.importorskip("networkx")
    graph = pair().to_networkx()
    assert list(graph.edges(data="length")) == [(9, 4, 5.0), (4, 6, 6.0), (4, 2, 2.0)]
    assert graph.nodes[4] == {"type": 2, "xyz": (3.0, 4.0, 0.0), "radius": 4.0, "label": -1}


@settings(deadline=None)  # the first call imports the package
@given(forests())
def test_a_graph_read_back_is_the_same_forest(tree: ZSwc) -> None:
    pytest.importorskip("networkx")
    assert same(ZSwc.from_networkx(tree.to_networkx()), tree)
    assert same(ZSwc.from_networkx(tree.to_networkx().to_undirected()), tree)


def test_graphs_of_others_need_positions_radii_and_one_parent() -> None:
    nx = pytest.importorskip("networkx")
    graph = nx.DiGraph([("a", "b"), ("a", "c")])
    with pytest.raises(ValueError, match="node 'a' of the graph has no 'xyz'"):
        ZSwc.from_networkx(graph)
    for node in graph:
        graph.nodes[node].update(xyz=(0, 0, ord(node)), radius=1)
    tree = ZSwc.from_networkx(graph)
    assert (tree.id.tolist(), tree.type.tolist()) == ([1, 2, 3], [2, 2, 2])
    assert tree.xyz[:, 2].tolist() == [97, 98, 99]
    graph.add_edge("b", "c")
    with pytest.raises(ValueError, match="node 2 of the graph has 2 parents"):
        ZSwc.from_networkx(graph)
    with pytest.raises(ValueError, match="cycle"):
        ZSwc.from_networkx(graph.to_undirected())
    graph.remove_edge("a", "c")
    graph.add_edge("c", "a")
    with pytest.raises(ValueError, match="cycle"):
        ZSwc.from_networkx(graph)


@settings(deadline=None)  # the first call imports the package
@given(forests())
def test_a_table_has_the_columns_of_a_file_and_reads_back(tree: ZSwc) -> None:
    pytest.importorskip("pandas")
    table = tree.to_pandas()
    assert list(table.columns) == ["id", "type", "x", "y", "z", "radius", "parent"]
    assert ZSwc.from_pandas(table) == tree
    assert table["parent"].tolist() == [node.parentID for node in tree]


def test_tables_are_any_mapping_in_any_order_but_complete() -> None:
    rows = {"id": [8, 5], "type": [1, 1], "x": [0, 0.5], "y": [0, 0], "z": [0, 0]}
    rows |= {"radius": [1, 2], "parent": [5, -1]}
    assert ZSwc.from_pandas(rows).id.tolist() == [5, 8]
    with pytest.raises(ValueError, match="node 8 has the parent 6, which does not exist"):
        ZSwc.from_pandas(rows | {"parent": [6, -1]})
    with pytest.raises(ValueError, match="the table has no column 'radius'"):
        ZSwc.from_pandas({name: rows[name] for name in rows if name != "radius"})


@pytest.mark.parametrize("package", ["networkx", "pandas"])
def test_a_package_that_is_missing_is_named_with_the_command_that_adds_it(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ZException, match=rf'pip install "zimg-xp\[{package}\]" adds it'):
        getattr(pair(), f"to_{package}")()


def test_a_skeleton_has_the_bytes_that_the_format_describes(tmp_path: Path) -> None:
    ZSwc.from_arrays([[1, 2, 3], [4, 2, 3]], [1, 2], [-1, 0], type=[1, 3]).to_precomputed(
        tmp_path / "skeletons", segment=77, voxel_size=(0.5, 0.5, 1)
    )
    info = json.loads((tmp_path / "skeletons" / "info").read_text())
    assert info["@type"] == "neuroglancer_skeletons"
    assert info["transform"] == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]
    assert [each["id"] for each in info["vertex_attributes"]] == ["radius", "vertex_types"]
    numbers = (
        np.array([2, 1], "<u4").tobytes()
        + np.array([500, 1000, 3000, 2000, 1000, 3000], "<f4").tobytes()
        + np.array([0, 1], "<u4").tobytes()
        + np.array([500, 1000], "<f4").tobytes()
        + np.array([1, 3], "<f4").tobytes()  # Neuroglancer shows float32 only
    )
    assert (tmp_path / "skeletons" / "77").read_bytes() == numbers


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(forests())
def test_a_skeleton_read_back_is_the_forest_in_micrometres(tmp_path: Path, tree: ZSwc) -> None:
    tree.type[:] = tree.type % 200
    tree.to_um((0.25, 0.25, 2)).to_precomputed(tmp_path)
    read, expected = ZSwc.from_precomputed(tmp_path), tree.to_um((0.25, 0.25, 2))
    assert read.parent.tolist() == expected.parent.tolist()
    assert read.type.tolist() == expected.type.tolist()
    assert np.allclose(read.xyz, expected.xyz, rtol=1e-6, atol=1e-9)
    assert np.allclose(read.radius, expected.radius, rtol=1e-6, atol=1e-9)
    assert (read.unit, read.voxel_size) == ("um", None)


def test_segments_share_a_folder_and_nothing_else_is_overwritten(tmp_path: Path) -> None:
    for segment in (1, 2**64 - 1):
        chain([0, segment % 10], comments=IN_UM).to_precomputed(tmp_path, segment=segment)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "18446744073709551615", "info"]
    (tmp_path / "info").write_text('{"@type": "neuroglancer_multiscale_volume"}')
    with pytest.raises(ZException, match="@type is not neuroglancer_skeletons"):
        chain([0], comments=IN_UM).to_precomputed(tmp_path)
    (tmp_path / "info").write_text(with_attributes(("area", "float32", 1)))
    with pytest.raises(ZException, match="the info asks for the attribute 'area', which trees"):
        chain([0], comments=IN_UM).to_precomputed(tmp_path)
    (tmp_path / "info").unlink()
    (tmp_path / "7.gz").write_bytes(b"")
    with pytest.raises(ZException, match=r"7\.gz holds the same segment, remove it first"):
        chain([0], comments=IN_UM).to_precomputed(tmp_path, segment=7)
    with pytest.raises(ZException, match="cannot write"):
        chain([0], comments=IN_UM).to_precomputed(tmp_path / "no" / "folder")


def test_skeletons_of_others_are_turned_scaled_and_given_types(tmp_path: Path) -> None:
    info = {"@type": "neuroglancer_skeletons", "transform": [0, 2, 0, 0, 2, 0, 0, 0, 0, 0, 2, 1000]}
    info["vertex_attributes"] = [
        {"id": "colour", "data_type": "uint8", "num_components": 3},
        {"id": "radius", "data_type": "float32", "num_components": 1},
    ]
    (tmp_path / "info").write_text(json.dumps(info))
    parts = [np.array([3, 2], "<u4"), np.array([500, 0, 0, 1000, 0, 0, 0, 0, 500], "<f4")]
    parts += [np.array([2, 1, 0, 2], "<u4"), np.zeros(9, "u1"), np.array([500, 500, 1000], "<f4")]
    (tmp_path / "5").write_bytes(b"".join(part.tobytes() for part in parts))
    tree = ZSwc.from_precomputed(tmp_path, segment=5)
    assert tree.xyz.tolist() == [[0, 1, 1], [0, 0, 2], [0, 2, 1]]
    assert np.allclose(tree.radius, [1, 2, 1])
    assert (tree.parent.tolist(), tree.type.tolist()) == ([-1, 0, 1], [0, 0, 0])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([3, 3, *range(9), 0, 1, 1, 2, 2, 0, *range(6)], "edges form a cycle"),
        ([2, 1, *range(6), 0, 2, 0, 0, 0, 0], "edges refer to nodes 0 to 2, but there are 2 nodes"),
        ([2, 1, *range(6), 0, 1, 0, 0, 0], "52 bytes, 56 are described"),
        ([2, 1, *range(6), 0, 1, 0, 0, 0, 0, 0], "60 bytes, 56 are described"),
        ([2**32 - 1, 1], "8 bytes, 85899345916 are described"),
        ([2], "4 bytes, fewer than the 8 of its head"),
    ],
)
def test_damaged_skeletons_are_named(tmp_path: Path, words: list[int], message: str) -> None:
    chain([0], comments=IN_UM).to_precomputed(tmp_path)
    (tmp_path / "1").write_bytes(np.array(words, "<u4").tobytes())
    with pytest.raises(ZException, match=message) as caught:
        ZSwc.from_precomputed(tmp_path)
    assert str(tmp_path / "1") in str(caught.value)


def with_attributes(*attributes: tuple[str, str, int]) -> str:
    """An info that describes attributes, but no transform."""
    names = ("id", "data_type", "num_components")
    listed = [dict(zip(names, attribute, strict=True)) for attribute in attributes]
    return json.dumps({"@type": "neuroglancer_skeletons", "vertex_attributes": listed})


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ("{", "cannot read .*info: "),
        ("[]", "@type"),
        ('{"@type": "neuroglancer_skeletons", "sharding": {"a": 1}}', "sharded"),
        ('{"@type": "neuroglancer_skeletons"}', "28 bytes, 20 are described"),
        (
            '{"@type": "neuroglancer_skeletons", "vertex_attributes": [{"data_type": "int8"}]}',
            "cannot read .*1: an attribute of its info has no 'num_components'",
        ),
        (
            with_attributes(("radius", "float32", 1), ("t", "int32", 1))[:-1] + ', "transform": 1}',
            "the transform is not twelve numbers",
        ),
        (
            '{"@type": "neuroglancer_multiscale_volume", "skeletons": "s"}',
            "of this volume are in .*s",
        ),
        (with_attributes(("a", "int8", -1)), "attribute 'a' has -1 components"),
        (with_attributes(("a", "float64", 1)), "attributes of type 'float64' are not known"),
    ],
)
def test_an_info_that_is_not_understood_is_named(tmp_path: Path, info: str, message: str) -> None:
    chain([0], comments=IN_UM).to_precomputed(tmp_path)
    (tmp_path / "info").write_text(info)
    with pytest.raises(ZException, match=message):
        ZSwc.from_precomputed(tmp_path)


def test_no_skeleton_is_written_without_a_voxel_size_or_a_number(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="states no voxel size"):
        chain([0]).to_precomputed(tmp_path)
    for segment in (-1, 2**64):
        with pytest.raises(ValueError, match="64 bits without sign"):
            chain([0], comments=IN_UM).to_precomputed(tmp_path, segment=segment)
    with pytest.raises(ValueError, match="float32"):
        chain([1e36], comments=IN_UM).to_precomputed(tmp_path)
    with pytest.raises(ZException, match="cannot read"):
        ZSwc.from_precomputed(tmp_path)


def as_neuroglancer_reads(folder: Path, segment: str) -> dict[str, np.ndarray]:
    """Positions in nm, edges and attributes, by the rules of Neuroglancer's source.

    A missing transform is the identity; attributes have different names that are not empty, are
    float32 and follow the edges in order; bytes behind them are not looked at.
    """
    info = json.loads((folder / "info").read_text())
    assert info["@type"] == "neuroglancer_skeletons"
    attributes = info.get("vertex_attributes", [])
    names = [each["id"] for each in attributes]
    assert len(set(names)) == len(names)
    assert all(names)
    data = (folder / segment).read_bytes()
    vertices, edges = np.frombuffer(data, "<u4", 2).tolist()
    transform = np.array(info.get("transform", np.eye(4)[:3].ravel())).reshape(3, 4)
    offset = 8
    read = {"positions": np.frombuffer(data, "<f4", 3 * vertices, offset).reshape(-1, 3)}
    read["positions"] = read["positions"] @ transform[:, :3].T + transform[:, 3]
    offset += 12 * vertices
    read["edges"] = np.frombuffer(data, "<u4", 2 * edges, offset).reshape(-1, 2)
    offset += 8 * edges
    for each in attributes:
        assert each["data_type"] == "float32", "Data type not supported by WebGL"
        count = each["num_components"] * vertices
        read[each["id"]] = np.frombuffer(data, "<f4", count, offset)
        offset += 4 * count
    return read


TURNED = [0, 2, 0, 0, 2, 0, 0, 0, 0, 0, 2, 1000]


@pytest.mark.parametrize("transform", [None, TURNED])
def test_neuroglancers_own_rules_read_what_is_written(tmp_path: Path, transform) -> None:
    tree = ZSwc.from_arrays([[1, 2, 3], [4, 2, 3]], [1, 2], [-1, 0], type=[1, 3], comments=IN_UM)
    if transform:
        info = json.loads(with_attributes(("vertex_types", "float32", 1), ("radius", "float32", 1)))
        (tmp_path / "info").write_text(json.dumps(info | {"transform": transform, "mip": 0}))
    tree.to_precomputed(tmp_path, segment=3)
    read = as_neuroglancer_reads(tmp_path, "3")
    assert read["positions"].tolist() == [[1000, 2000, 3000], [4000, 2000, 3000]]
    assert read["edges"].tolist() == [[0, 1]]
    assert read["radius"].tolist() == ([500, 1000] if transform else [1000, 2000])
    assert read["vertex_types"].tolist() == [1, 3]
    assert ZSwc.from_precomputed(tmp_path, segment=3) == tree


def test_a_folder_of_cloud_volume_takes_what_its_info_describes(tmp_path: Path) -> None:
    described = with_attributes(("radius", "float32", 1), ("vertex_types", "uint8", 1))
    (tmp_path / "info").write_text(described)
    tree = ZSwc.from_arrays([[0, 0, 0], [4, 0, 0]], 1, [-1, 0], type=[1, 200], comments=IN_UM)
    tree.to_precomputed(tmp_path, segment=7)
    assert (tmp_path / "7").stat().st_size == 8 + 24 + 8 + 8 + 2
    assert (tmp_path / "info").read_text() == described
    assert ZSwc.from_precomputed(tmp_path, segment=7) == tree
    tree.type[0] = 256
    with pytest.raises(ValueError, match="vertex_types do not fit into uint8"):
        tree.to_precomputed(tmp_path, segment=8)
    (tmp_path / "info").write_text(with_attributes())
    with pytest.warns(UserWarning, match="has no attribute .*: it is not stored") as caught:
        tree.to_precomputed(tmp_path, segment=8)
    assert len(caught) == 2
    assert (tmp_path / "8").stat().st_size == 8 + 24 + 8


def test_a_skeleton_without_radii_is_read_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "info").write_text(with_attributes(("a", "float32", 1)))
    numbers = (
        np.array([2, 1], "<u4").tobytes() + np.array([1000, 0, 0, 2000, 0, 0], "<f4").tobytes()
    )
    (tmp_path / "5").write_bytes(numbers + bytes([1, 0, 0, 0, 0, 0, 0, 0]) + bytes(8))
    with pytest.warns(UserWarning, match="5: no attribute 'radius', all are 0"):
        tree = ZSwc.from_precomputed(tmp_path, segment=5)
    assert tree.xyz.tolist() == [[1, 0, 0], [2, 0, 0]]
    assert tree.radius.tolist() == [0, 0]


def test_edges_that_are_there_twice_count_once_and_loops_are_named(tmp_path: Path) -> None:
    (tmp_path / "info").write_text(with_attributes(("radius", "float32", 1)))
    parts = [np.array([3, 4], "<u4"), np.zeros(9, "<f4"), np.array([0, 1, 1, 0, 1, 2, 2, 2], "<u4")]
    (tmp_path / "5").write_bytes(b"".join(p.tobytes() for p in (*parts, np.ones(3, "<f4"))))
    with pytest.warns(UserWarning, match="1 edge from a vertex to itself left out"):
        tree = ZSwc.from_precomputed(tmp_path, segment=5)
    assert tree.parent.tolist() == [-1, 0, 1]


@pytest.mark.parametrize("name", ["5.gz", "5"])
def test_segments_packed_by_gzip_are_read(tmp_path: Path, name: str) -> None:
    tree = chain([0, 1, 2], comments=IN_UM)
    tree.to_precomputed(tmp_path, segment=5)
    packed = gzip.compress((tmp_path / "5").read_bytes())
    (tmp_path / "5").unlink()
    (tmp_path / name).write_bytes(packed)
    assert ZSwc.from_precomputed(tmp_path, segment=5) == tree
    (tmp_path / name).write_bytes(packed[:-12])
    with pytest.raises(ZException, match=f"cannot read .*{name}: "):
        ZSwc.from_precomputed(tmp_path, segment=5)
    (tmp_path / name).write_bytes(gzip.compress(bytes(8) + bytes(10**7)))  # no more is unpacked
    with pytest.raises(ZException, match="9 bytes, 8 are described"):
        ZSwc.from_precomputed(tmp_path, segment=5)


def test_a_segment_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path) -> None:
    for segment in (9, 10, 2):
        chain([0], comments=IN_UM).to_precomputed(tmp_path, segment=segment)
    (tmp_path / "3.gz").touch()
    (tmp_path / "4.br").touch()
    assert segments_in(tmp_path) == [2, 3, 9, 10]
    with pytest.raises(ZException, match=r"cannot read .*1: the folder has 2, 3, 9, 10"):
        ZSwc.from_precomputed(tmp_path)
    with pytest.raises(ZException, match=r"4\.br: only gzip is supported"):
        ZSwc.from_precomputed(tmp_path, segment=4)
    (tmp_path / "6").mkdir()  # a pipe, which would block, is no file either
    with pytest.raises(ZException, match="6: it is not a file"):
        ZSwc.from_precomputed(tmp_path, segment=6)
