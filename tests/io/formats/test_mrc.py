"""MRC files written by mrcfile, or by hand where it does not write them, and damaged ones."""

from pathlib import Path

import numpy as np
import pytest

import zimg
from tests.io.fuzzing import refusals
from tests.io.making import mrc
from zimg import FileFormat, VoxelSizeUnit, ZException, ZImgRegion

RNG = np.random.default_rng(0)


def pixels(dtype: str, shape: tuple[int, ...] = (3, 5, 7)) -> np.ndarray:
    if dtype.startswith("float"):
        return RNG.random(shape).astype(dtype)
    return RNG.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape, dtype)


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "float16", "float32"])
@pytest.mark.parametrize("shape", [(5, 7), (3, 5, 7)])
def test_what_mrcfile_writes_is_read(dtype, shape, tmp_path):
    mrcfile = pytest.importorskip("mrcfile")
    data = pixels(dtype, shape)
    with mrcfile.new(tmp_path / "a.mrc") as file:
        file.set_data(data)
        file.voxel_size = (13.0, 13.0, 26.0)  # ångström
        file.header.origin = (100.0, 200.0, 0.0)
    image = zimg.read(tmp_path / "a.mrc")
    np.testing.assert_array_equal(image.data[0][0], data.reshape((-1, 5, 7)))
    assert image.data[0].dtype == data.dtype
    info = image.info
    assert info.voxelSizeUnit == VoxelSizeUnit.nm
    sizes = [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ]
    assert sizes == pytest.approx([1.3, 1.3, 2.6], rel=1e-6)
    assert info.position == pytest.approx([10.0, 20.0, 0.0])


def test_volumes_of_a_stack_are_scenes(tmp_path):
    mrcfile = pytest.importorskip("mrcfile")
    data = pixels("int16", (4, 3, 5, 7))
    with mrcfile.new(tmp_path / "a.mrc") as file:
        file.set_data(data)
    assert len(zimg.ZImg.readImgInfos(tmp_path / "a.mrc")) == 4
    for scene, volume in enumerate(data):
        image = zimg.read(tmp_path / "a.mrc", scene=scene)
        np.testing.assert_array_equal(image.data[0][0], volume)


def test_an_extended_header_is_passed_over(tmp_path):
    mrcfile = pytest.importorskip("mrcfile")
    data = pixels("uint16")
    with mrcfile.new(tmp_path / "a.mrc") as file:
        file.set_data(data)
        file.set_extended_header(np.arange(640, dtype=np.uint8).view("V1"))
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.mrc").data[0][0], data)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("stamped", [True, False])
def test_both_byte_orders_are_read_also_without_a_stamp(order, stamped, tmp_path):
    data = pixels("int16").astype(f"{order}i2")
    path = mrc(tmp_path / "a.mrc", data, stamped=stamped)
    np.testing.assert_array_equal(zimg.read(path).data[0][0], data)
    box = ZImgRegion((1, 2, 1, 0, 0), (6, 4, 3, 1, 1))
    np.testing.assert_array_equal(zimg.read(path, region=box).data[0][0], data[1:3, 2:4, 1:6])


@pytest.mark.parametrize(("flags", "dtype"), [(None, "int8"), (0, "uint8"), (1, "int8")])
def test_bytes_are_signed_unless_imod_says_otherwise(flags, dtype, tmp_path):
    data = pixels("int8")
    header = {} if flags is None else {152: 1146047817, 156: flags}
    image = zimg.read(mrc(tmp_path / "a.mrc", data, header))
    np.testing.assert_array_equal(image.data[0][0], data.view(dtype))


def test_the_size_of_a_column_is_that_of_the_axis_it_is_along(tmp_path):
    cell = {40: np.float32(10), 44: np.float32(40), 48: np.float32(90)}
    grid = {28: 10, 32: 20, 36: 30}
    axes = {64: 3, 68: 2, 72: 1}
    path = mrc(tmp_path / "a.mrc", pixels("int8"), {**cell, **grid, **axes})
    info = zimg.ZImg.readImgInfo(path)
    sizes = [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ]
    assert sizes == pytest.approx([0.3, 0.2, 0.1], rel=1e-6)


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (12, 4, r"mode 4 \(complex numbers\) is not supported: expected 0 \(int8\)"),
        (12, 101, "two voxels in a byte"),
        (12, 99, "mode 99"),
        (0, 0, "expected sizes from 1 up"),
        (0, -7, "expected sizes from 1 up"),
        (8, 10**6, "truncated or damaged"),
        (92, 10**6, "truncated or damaged"),
        (36, 2, "no stack of volumes"),
    ],
)
def test_what_a_header_may_not_say_is_refused(place, value, told, tmp_path):
    path = mrc(tmp_path / "a.mrc", pixels("int16"), {88: 401 * (place == 36), place: value})
    with pytest.raises(ZException, match=rf"cannot read .*a\.mrc as MRC: .*{told}"):
        zimg.read(path)


@pytest.mark.parametrize("size", [0, 1, 100, 1023, 1024, -1])
def test_a_truncated_file_is_refused(size, tmp_path):
    path = mrc(tmp_path / "a.mrc", pixels("int16"))
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ZException, match=r"cannot read .*a\.mrc as MRC"):
        zimg.read(path)


def test_the_content_decides_and_a_file_of_another_kind_is_refused(tmp_path):
    path = mrc(tmp_path / "a.bin", pixels("int16"))
    assert zimg.read(path).info.size == (7, 5, 3, 1, 1)
    (tmp_path / "b.mrc").write_text("no MRC file" * 200)
    with pytest.raises(ZException, match="as MRC"):
        zimg.read(tmp_path / "b.mrc", format=FileFormat.Mrc)


def test_damaged_files_give_errors_or_images_of_their_size(tmp_path: Path):
    data = mrc(tmp_path / "a.mrc", pixels("int16")).read_bytes()
    assert refusals(tmp_path / "b.mrc", data, count=500, cuts=0.3) > 100
