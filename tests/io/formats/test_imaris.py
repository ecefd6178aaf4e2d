"""Imaris files built here by h5py: voxels, levels, metadata, and damaged ones."""

from pathlib import Path

import h5py
import numpy as np
import pytest

import zimg
from tests.io.fuzzing import refusals
from tests.io.making_volumes import imaris
from zimg import FileFormat, VoxelSizeUnit, ZException, ZImgRegion

RNG = np.random.default_rng(0)
SHAPE = (2, 2, 3, 50, 70)


def voxels(dtype: str = "uint16", shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return (RNG.random(shape) * 250).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float32"])
def test_voxels_are_read_without_the_padding(dtype, tmp_path):
    data = voxels(dtype)
    image = zimg.read(imaris(tmp_path / "a.ims", data))
    np.testing.assert_array_equal(np.stack(image.data), data)
    box = ZImgRegion((13, 2, 1, 1, 1), (69, 47, 3, 2, 2))
    part = zimg.read(tmp_path / "a.ims", region=box)
    np.testing.assert_array_equal(part.data[0], data[1, 1:, 1:, 2:47, 13:69])


@pytest.mark.parametrize(
    "options",
    [
        {"compression": None},
        {"shuffle": True},
        {"shuffle": True, "fletcher32": True},
        {"chunks": None, "compression": None},
        {"compression": "lzf"},
    ],
)
def test_all_ways_of_storing_are_read(options, tmp_path):
    data = voxels()
    image = zimg.read(imaris(tmp_path / "a.ims", data, **options))
    np.testing.assert_array_equal(np.stack(image.data), data)


def test_chunks_packed_by_lz4_are_read(tmp_path):
    imagecodecs = pytest.importorskip("imagecodecs")
    data = voxels(shape=(1, 1, 2, 16, 16))
    path = imaris(tmp_path / "a.ims", data)
    name = "DataSet/ResolutionLevel 0/TimePoint 0/Channel 0/Data"
    with h5py.File(path, "r+") as file:
        del file[name]
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((2, 16, 16))
        properties.set_filter(32004, h5py.h5z.FLAG_OPTIONAL, ())
        space = h5py.h5s.create_simple((2, 16, 16))
        where = file[name.rpartition("/")[0]].id
        dataset = h5py.h5d.create(where, b"Data", h5py.h5t.NATIVE_UINT16, space, properties)
        dataset.write_direct_chunk((0, 0, 0), imagecodecs.lz4h5_encode(data.tobytes()))
    np.testing.assert_array_equal(zimg.read(path).data[0], data[0])


def test_levels_are_used(tmp_path):
    data = voxels()
    path = imaris(tmp_path / "a.ims", data)
    with zimg.open(path) as handle:
        np.testing.assert_array_equal(np.asarray(handle.level(1)), data[..., ::2, ::2])
    small = zimg.read(path, ratios=(2, 2, 1))
    np.testing.assert_array_equal(np.stack(small.data), data[..., ::2, ::2])


def test_what_the_file_states_is_in_the_metadata(tmp_path):
    info = zimg.ZImg.readImgInfo(imaris(tmp_path / "a.ims", voxels()))
    assert info.voxelSizeUnit == VoxelSizeUnit.um
    sizes = [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ]
    assert sizes == pytest.approx([0.5, 0.5, 2.0])
    assert info.position == pytest.approx([10, 10, 10])
    assert info.channelNames == ["dye 0", "dye 1"]
    assert [tuple(colour) for colour in info.channelColors] == [(255, 128, 0, 255)] * 2
    assert info.timeStamps == pytest.approx([0.0, 2.5])


def test_a_channel_that_is_not_there_is_reported_and_others_are_read(tmp_path):
    data = voxels()
    path = imaris(tmp_path / "a.ims", data)
    with h5py.File(path, "r+") as file:
        del file["DataSet/ResolutionLevel 0/TimePoint 1/Channel 0"]
    with pytest.raises(ZException, match="missing: c=0 t=1"):
        zimg.read(path)
    first = zimg.read(path, region=ZImgRegion((0, 0, 0, 0, 0), (-1, -1, -1, -1, 1)))
    np.testing.assert_array_equal(first.data[0], data[0])


def test_links_other_types_and_smaller_volumes_are_refused(tmp_path):
    name = "DataSet/ResolutionLevel 0/TimePoint 0/Channel 1"
    for told, change in {
        "links are not followed": lambda file: file.update({name: h5py.SoftLink("/DataSetInfo")}),
        "expected uint16 of": lambda file: file.create_dataset(f"{name}/Data", data=np.zeros(3)),
    }.items():
        path = imaris(tmp_path / "a.ims", voxels())
        with h5py.File(path, "r+") as file:
            del file[name]
            change(file)
        with pytest.raises(ZException, match=told):
            zimg.read(path)


def test_truncated_files_and_other_hdf5_files_are_refused(tmp_path):
    path = imaris(tmp_path / "a.ims", voxels())
    whole = path.read_bytes()
    for size in (0, 7, 100, 2000, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:size])
        with pytest.raises(ZException, match=r"cannot read .*a\.ims as Imaris"):
            zimg.read(path, format=FileFormat.Imaris)
    with h5py.File(path, "w") as file:
        file["other"] = 1
    with pytest.raises(ZException, match="no group /DataSet, but other"):
        zimg.read(path)


def test_damaged_files_give_errors_or_images_of_their_size(tmp_path: Path):
    path = imaris(tmp_path / "a.ims", voxels("uint8", (1, 2, 2, 17, 19)))
    assert refusals(path, path.read_bytes(), count=500, cuts=0.3) > 100
