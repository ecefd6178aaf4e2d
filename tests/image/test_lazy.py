"""Handles of images in files: parts, levels, workers, threads, Dask and xarray."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile

import zimg
from zimg import ZException, ZImgRegion
from zimg.image import ZImgFile

SHAPE = (3, 2, 5, 24, 30)
VALUES = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "stack.ome.tif"
    size = {"PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.5}
    size |= {"PhysicalSizeYUnit": "µm", "PhysicalSizeZ": 2.0, "PhysicalSizeZUnit": "µm"}
    metadata = {"axes": "TCZYX", "Channel": {"Name": ["DAPI", "GFP"]}, **size}
    tifffile.imwrite(file, VALUES, metadata=metadata, tile=(16, 16), photometric="minisblack")
    return file


def pixels(image: zimg.ZImg) -> np.ndarray:
    return np.stack(image.data)


def corner(handle: ZImgFile) -> np.ndarray:
    return pixels(handle[1, :, 2])


def test_a_handle_reports_what_the_file_holds(path):
    with zimg.open(path) as handle:
        assert (handle.shape, handle.dtype, handle.ndim) == (SHAPE, np.uint16, 5)
        assert handle.info.channelNames == ["DAPI", "GFP"]
        assert [level.size for level in handle.levels] == [(30, 24, 5)]
        assert len(handle.scenes) == 1
        assert handle.chunks == ((1,) * 3, (2,), (1,) * 5, (16, 8), (16, 14))
        assert "times=3, channels=2, z=5, y=24, x=30, uint16" in repr(handle)


@pytest.mark.parametrize(
    "key",
    [
        np.s_[...],
        np.s_[1],
        np.s_[..., 3:9, 4:20],
        np.s_[::2, 1, ::3, 1::5, 2::7],
        np.s_[:, ::2, 4],
        np.s_[-1, -1, -1, -1, -1],
    ],
)
def test_a_part_is_that_of_the_image_read_whole(key, path):
    whole = zimg.read(path)[key]
    with zimg.open(path) as handle:
        part = handle[key]
    np.testing.assert_array_equal(pixels(part), pixels(whole))
    assert part.info == whole.info


def test_a_region_is_read_and_one_outside_is_refused_by_name(path):
    with zimg.open(path) as handle:
        part = handle[ZImgRegion((3, 2, 1, 0, 1), (7, 9, 4, 1, 2))]
        np.testing.assert_array_equal(pixels(part), VALUES[1:2, :1, 1:4, 2:9, 3:7])
        with pytest.raises(ZException, match="Invalid image region"):
            handle[ZImgRegion((0,) * 5, (31, 1, 1, 1, 1))]
        with pytest.raises(IndexError, match="out of range for T of size 3"):
            handle[3]


def test_a_level_is_a_smaller_image_of_larger_voxels(tmp_path):
    file = tmp_path / "pyramid.ome.tif"
    full = np.arange(2 * 64 * 96, dtype=np.uint16).reshape(2, 64, 96)
    with tifffile.TiffWriter(file) as tiff:
        tiff.write(full, subifds=1, tile=(32, 32), metadata={"axes": "ZYX"})
        tiff.write(full[:, ::2, ::2], tile=(32, 32), subfiletype=1)
    with zimg.open(file) as handle:
        small = handle.level(1)
        assert [level.ratios for level in handle.levels] == [(1, 1, 1), (2, 2, 1)]
        assert small.shape == (1, 1, 2, 32, 48)
        assert small.info.voxelSizeX == 2 * handle.info.voxelSizeX
        np.testing.assert_array_equal(pixels(small[..., 3:9, :])[0, 0], full[:, 6:18:2, ::2])
        with pytest.raises(ZException, match="no level 2: it has 2"):
            handle.level(2)


def test_what_is_not_there_is_reported(path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.tif"):
        zimg.open("nowhere.tif")
    with pytest.raises(ZException, match="has no scene 1: it has 1"):
        zimg.open(path, scene=1)


def test_a_closed_file_is_not_read(path):
    handle = zimg.open(path)
    handle.close()
    handle.close()
    with pytest.raises(ZException, match="is closed; open it again"):
        handle[0]


def test_arrays_are_of_the_framework_that_is_requested(path):
    torch = pytest.importorskip("torch")
    with zimg.open(path, framework="torch") as handle:
        (array,) = handle[0].data
    assert isinstance(array, torch.Tensor)
    np.testing.assert_array_equal(array.numpy(), VALUES[0])


def test_a_pickled_handle_reads_on_and_in_another_process(path):
    with zimg.open(path) as handle:
        np.testing.assert_array_equal(corner(pickle.loads(pickle.dumps(handle))), corner(handle))
        saved = path.with_name("handle.pickle")
        saved.write_bytes(pickle.dumps(handle))
        expected = corner(handle)
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb'))[1:2].data[0].sum())"
    command = [sys.executable, "-W", "ignore", "-c", code, str(saved)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert expected.size
    assert int(told) == int(VALUES[1].sum())


def test_several_threads_read_one_handle(path):
    keys = [np.s_[t, c, z] for t in range(3) for c in range(2) for z in range(5)] * 3
    with zimg.open(path) as handle, ThreadPoolExecutor(6) as pool:
        for key, part in zip(keys, pool.map(handle.__getitem__, keys), strict=True):
            np.testing.assert_array_equal(pixels(part).squeeze(), VALUES[key])


def test_dask_has_a_task_for_each_stored_block_and_outlives_the_handle(path):
    pytest.importorskip("dask.array")
    with zimg.open(path) as handle:
        lazy, chunks = handle.to_dask(), handle.chunks
    assert (lazy.shape, lazy.dtype, lazy.chunks) == (SHAPE, np.uint16, chunks)
    assert len(lazy.__dask_graph__()) == 3 * 5 * 4 + 1  # and the source, shared by all
    np.testing.assert_array_equal(lazy.compute(scheduler="threads"), VALUES)
    np.testing.assert_array_equal(lazy[1, 0, ::2, 5].compute(), VALUES[1, 0, ::2, 5])


def test_xarray_has_places_in_micrometres_and_names_of_channels(path):
    pytest.importorskip("dask.array")
    pytest.importorskip("xarray")
    with zimg.open(path) as handle:
        lazy = handle.to_xarray()
    assert lazy.dims == ("T", "C", "Z", "Y", "X")
    np.testing.assert_allclose(lazy.coords["Z"], [0, 2, 4, 6, 8])
    assert lazy.coords["X"].attrs == {"units": "um"}
    part = lazy.sel(C="GFP", Z=4.0).isel(T=0)
    np.testing.assert_array_equal(part.compute(), VALUES[0, 1, 2])


def test_numpy_takes_all_voxels_of_a_handle(path):
    with zimg.open(path) as handle:
        np.testing.assert_array_equal(np.asarray(handle), VALUES, strict=True)
        np.testing.assert_array_equal(np.asarray(handle, np.float32), VALUES.astype(np.float32))
        assert np.mean(handle) == VALUES.mean()
        assert len(handle) == len(list(handle)) == 3
        with pytest.raises(ValueError, match="allow a copy"):
            np.asarray(handle, copy=False)


def test_dask_knows_how_to_take_a_handle(path):
    dask = pytest.importorskip("dask")
    array = pytest.importorskip("dask.array")
    with zimg.open(path) as handle:
        with pytest.raises(TypeError, match=r"to_dask\(\)"):
            array.from_array(handle)
        assert array.asarray(handle.to_dask())[0, 1, 2].compute().shape == (24, 30)
        corners = dask.delayed(lambda given: given[0, 0, 0].data[0].shape, pure=True)
        assert corners(handle).compute() == (1, 1, 24, 30)
