"""Files as layers of napari: what the real napari makes of what the plugin gives it."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zimg
from zimg import VoxelSizeUnit, ZImg, ZSwc, col4
from zimg.io.parameters import ZImgWriteParameters
from zimg.napari.reading import layers_of, reader_of

napari = pytest.importorskip("napari", reason="napari is not installed: `make napari` runs this")
pytestmark = pytest.mark.filterwarnings("ignore")  # of packages that napari imports


def image(times: int = 1, channels: int = 2, depth: int = 3) -> ZImg:
    shape = (channels, depth, 600, 700)
    rng = np.random.default_rng(0)
    found = ZImg([rng.integers(0, 999, shape).astype(np.uint16) for _ in range(times)])
    info = found.info
    info.voxelSizeX = info.voxelSizeY = 500.0
    info.voxelSizeZ, info.voxelSizeUnit = 2000.0, VoxelSizeUnit.nm
    info.channelNames = ["red", "green"][:channels]
    info.channelColors = [col4(255, 0, 0), col4(255, 255, 255)][:channels]
    found.info = info
    return found


def added(path: Path) -> list[Any]:
    """Layers of the real napari, as its reader makes them, without a window."""
    model = napari.components.ViewerModel()
    read = reader_of(str(path))
    assert read is not None
    for data, options, kind in read(str(path)):
        model.add_layer(napari.layers.Layer.create(data, options, kind))
    return list(model.layers)


def test_a_pyramid_is_lazy_with_scale_units_names_and_colours(tmp_path):
    stored = image()
    path = tmp_path / "a.ome.zarr"
    zimg.write(path, stored, parameters=ZImgWriteParameters(chunks=(1, 64, 64)))
    red, green = added(path)
    assert red.multiscale
    assert type(red.data[0]).__module__.startswith("dask")
    np.testing.assert_array_equal(np.asarray(green.data[0]), stored.data[0][1])
    assert red.scale == pytest.approx([2.0, 0.5, 0.5])
    assert [str(unit) for unit in red.units] == ["micrometer"] * 3
    assert red.axis_labels == ("z", "y", "x")
    assert (red.name, green.name) == ("a.ome.zarr red", "a.ome.zarr green")
    np.testing.assert_allclose(red.colormap.colors[-1][:3], (1, 0, 0))
    np.testing.assert_allclose(green.colormap.colors[-1][:3], (1, 1, 1))


@pytest.mark.parametrize(("times", "depth", "axes"), [(1, 1, 2), (2, 1, 3), (1, 3, 3), (2, 3, 4)])
def test_axes_of_one_sample_are_left_out(times, depth, axes, tmp_path):
    image(times, 1, depth).save(tmp_path / "a.ome.tif")
    (layer,) = added(tmp_path / "a.ome.tif")
    assert layer.ndim == axes
    assert len(layer.units) == axes


def test_a_tree_is_a_layer_of_vectors(tmp_path):
    ZSwc.from_arrays([[0, 0, 0], [3, 4, 5]], [1, 2], [-1, 0]).save(tmp_path / "a.swc")
    (layer,) = added(tmp_path / "a.swc")
    assert type(layer).__name__ == "Vectors"
    assert ZSwc.from_napari(layer).xyz.tolist() == [[0, 0, 0], [3, 4, 5]]


def test_what_is_not_read_is_left_to_others(tmp_path):
    (tmp_path / "a.txt").write_text("text")
    assert reader_of(str(tmp_path / "a.txt")) is None
    assert reader_of(str(tmp_path / "missing.tif")) is None


def test_several_files_and_scenes_are_all_layers(tmp_path):
    from tests.io.making_nd2 import nd2

    image(channels=1).save(tmp_path / "a.tif")
    paths = [str(tmp_path / "a.tif"), str(tmp_path / "a.tif")]
    assert len(layers_of(paths)) == 2
    if importlib.util.find_spec("nd2"):
        data = np.zeros((3, 1, 9, 11), np.uint16)
        layers = layers_of(str(nd2(tmp_path / "a.nd2", data, "P")))
        names = [options["name"] for _, options, _ in layers]
        assert names == [f"a.nd2 {n} dye 0" for n in range(3)]


def test_the_manifest_is_valid_and_its_commands_exist():
    npe2 = pytest.importorskip("npe2")
    manifest = npe2.PluginManifest.from_file(Path(zimg.__file__).parent / "napari" / "napari.yaml")
    assert manifest.name == "zimg-xp"
    manifest.validate_imports()


def test_napari_finds_the_plugin_of_the_installation(tmp_path):
    npe2 = pytest.importorskip("npe2")
    manager = npe2.PluginManager.instance()
    manager.discover()
    if "zimg-xp" not in {manifest.name for manifest in manager.iter_manifests()}:
        pytest.skip("this installation was made before the plugin was: install it again")
    commands = [each.command for each in manager.iter_compatible_readers("a.nrrd")]
    assert "zimg-xp.read" in commands
    image(channels=1).save(tmp_path / "a.nrrd")
    (layer,) = npe2.read([str(tmp_path / "a.nrrd")], stack=False, plugin_name="zimg-xp")
    assert layer[1]["scale"] == pytest.approx((2.0, 0.5, 0.5))
