"""ND2 files built here, compared with what the package nd2 reads, and damaged ones."""

from pathlib import Path

import numpy as np
import pytest

import zimg
from tests.io.fuzzing import refusals
from tests.io.making_nd2 import nd2
from zimg import VoxelSizeUnit, ZException, ZImgRegion

package = pytest.importorskip("nd2")
RNG = np.random.default_rng(0)


def voxels(shape: tuple[int, ...], dtype: str = "uint16") -> np.ndarray:
    return (RNG.random(shape) * 250).astype(dtype)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("padding", [0, 2])
@pytest.mark.parametrize(
    ("axes", "shape"),
    [("", (1, 9, 11)), ("Z", (3, 2, 9, 11)), ("TZ", (2, 3, 2, 9, 11)), ("ZT", (3, 2, 1, 9, 11))],
)
def test_frames_are_at_their_time_and_z(axes, shape, padding, packed, tmp_path):
    data = voxels(shape)
    path = nd2(tmp_path / "a.nd2", data, axes, packed=packed, padding=padding)
    image = zimg.read(path)
    expected = data.reshape((1,) * (2 - len(axes)) + shape)
    if axes == "ZT":
        expected = expected.swapaxes(0, 1)
    expected = expected.swapaxes(1, 2)  # T, C, Z, Y, X
    np.testing.assert_array_equal(np.stack(image.data), expected)
    box = ZImgRegion((2, 1, 0, 0, 0), (10, 8, 1, 1, 1))
    part = zimg.read(path, region=box)
    np.testing.assert_array_equal(part.data[0], expected[0, :1, :1, 1:8, 2:10])
    with package.ND2File(path) as file:
        np.testing.assert_array_equal(file.asarray(), data.squeeze())


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_positions_are_scenes(dtype, tmp_path):
    data = voxels((2, 3, 2, 9, 11), dtype)
    path = nd2(tmp_path / "a.nd2", data, "TP")
    assert len(zimg.ZImg.readImgInfos(path)) == 3
    for scene in range(3):
        image = zimg.read(path, scene=scene)
        np.testing.assert_array_equal(np.stack(image.data)[:, :, 0], data[:, scene])
        assert image.data[0].dtype == dtype
        assert image.info.position == pytest.approx([10.0 * scene, 5.0, 0.0])


def test_what_the_file_states_is_in_the_metadata(tmp_path):
    info = zimg.ZImg.readImgInfo(nd2(tmp_path / "a.nd2", voxels((2, 3, 2, 9, 11)), "TZ"))
    assert info.voxelSizeUnit == VoxelSizeUnit.um
    sizes = [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ]
    assert sizes == pytest.approx([0.5, 0.5, 2.0])
    assert info.channelNames == ["dye 0", "dye 1"]
    assert tuple(info.channelColors[0]) == (255, 128, 0, 255)
    assert info.timeStamps == pytest.approx([0.0, 1.5])
    assert info.validBitCount == 12


def test_a_colour_image_has_three_channels(tmp_path):
    data = voxels((3, 9, 11), "uint8")
    image = zimg.read(nd2(tmp_path / "a.nd2", data, "", colour=True))
    np.testing.assert_array_equal(image.data[0][:, 0], data)
    assert image.info.channelNames == ["Red", "Green", "Blue"]
    with package.ND2File(tmp_path / "a.nd2") as file:
        assert file.is_rgb
        np.testing.assert_array_equal(file.asarray(), np.moveaxis(data, 0, -1))


def test_frames_that_were_never_written_are_reported_and_others_are_read(tmp_path):
    data = voxels((2, 3, 1, 9, 11))
    path = nd2(tmp_path / "a.nd2", data, "TZ", left_out=(4, 5))
    with pytest.raises(ZException, match="missing: z=1 t=1, z=2 t=1"):
        zimg.read(path)
    first = zimg.read(path, region=ZImgRegion((0, 0, 0, 0, 0), (-1, -1, -1, -1, 1)))
    np.testing.assert_array_equal(first.data[0][0], data[0, :, 0])


def test_a_region_reads_its_rows_alone(tmp_path, monkeypatch):
    from zimg.io.disk.bytes import FileBytes

    path = nd2(tmp_path / "a.nd2", voxels((1, 500, 400)), "")
    sizes: list[int] = []
    whole = FileBytes._read_some

    def counted(self: FileBytes, at: int, count: int) -> bytes:
        sizes.append(count)
        return whole(self, at, count)

    monkeypatch.setattr(FileBytes, "_read_some", counted)
    zimg.read(path, region=ZImgRegion((0, 10, 0, 0, 0), (400, 12, 1, 1, 1)))
    assert sum(sizes) < 10_000  # of 400,000


def test_every_cut_is_refused(tmp_path):
    path = nd2(tmp_path / "a.nd2", voxels((2, 2, 9, 11)), "Z")
    whole = path.read_bytes()
    for size in (0, 3, 4, 100, *range(4096, len(whole), 1531), len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(ZException, match=r"cannot read .*a\.nd2 as ND2"):
            zimg.read(path)


@pytest.mark.parametrize("packed", [False, True])
def test_damaged_files_give_errors_or_images_of_their_size(packed, tmp_path: Path):
    path = nd2(tmp_path / "a.nd2", voxels((2, 2, 9, 11)), "Z", packed=packed)
    assert refusals(path, path.read_bytes(), count=500, cuts=0.3) > 100
