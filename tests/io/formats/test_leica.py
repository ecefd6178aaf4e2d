"""Leica files built here from descriptions, damaged ones, and a real one."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

import zimg
from tests.io.fuzzing import refusals
from tests.io.making import lif, lof, xlef, xlif
from tests.io.manifest import FOLDER, entries
from zimg import VoxelSizeUnit, ZException, ZImgRegion

pytest.importorskip("liffile")
RNG = np.random.default_rng(0)


def pixels(shape: tuple[int, ...], dtype: str = "uint16") -> np.ndarray:
    return RNG.integers(0, np.iinfo(dtype).max, shape, dtype)


def test_a_scan_along_x_and_z_keeps_its_axes(tmp_path):
    data = pixels((7, 9))
    img = zimg.read(lif(tmp_path / "a.lif", data, "ZX"))
    np.testing.assert_array_equal(img.data[0], data[None, :, None, :])


def test_what_the_file_states_is_in_the_metadata(tmp_path):
    stamps = [10**17 + 5 * 10**6 * n for n in range(4)]  # half a second apart, z runs faster
    data = pixels((2, 2, 2, 3, 4))
    luts = ["Green", "Gradient (255,128,0)"]
    info = zimg.ZImg.readImgInfos(
        lif(tmp_path / "a.lif", data, "TZCYX", stamps, bits=12, luts=luts)
    )[0]
    assert info.timeStamps == pytest.approx([0.0, 1.0])
    assert info.validBitCount == 12
    assert info.voxelSizeUnit == VoxelSizeUnit.m
    assert [info.voxelSizeX, info.voxelSizeZ] == pytest.approx([1e-6, 1e-6])
    assert [tuple(color) for color in info.channelColors] == [(0, 255, 0, 255), (255, 128, 0, 255)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('NumberOfElements="4"', 'NumberOfElements="9"', "claims .* bytes, but its block has"),
        ('NumberOfElements="4"', 'NumberOfElements="0"', "has 0 samples"),
        ('BytesInc="8"', 'BytesInc="0"', "3 samples, 0 bytes apart"),
        ('BitInc="0"/>', 'BitInc="4"/>', "overlap in memory"),
    ],
)
def test_descriptions_that_do_not_fit_are_refused(tmp_path, old, new, message):
    path = lif(tmp_path / "a.lif", pixels((2, 3, 4)), "ZYX")
    old, new = old.encode("utf-16-le"), new.encode("utf-16-le")
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(ZException, match=message):
        zimg.read(path)


def project(folder: Path, data: np.ndarray) -> Path:
    """A project of one image: a list, a description in a folder of its own, and the voxels."""
    (folder / "Metadata").mkdir(parents=True)
    lof(folder / "Image 1.lof", data, "CZYX")
    xlif(folder / "Metadata" / "Image 1.xlif", data, "CZYX", r"..\Image%201.lof")
    return xlef(folder / "project.xlef", r"Metadata\Image%201.xlif")


@pytest.mark.parametrize("name", ["project.xlef", "Metadata/Image 1.xlif", "Image 1.lof"])
def test_a_project_in_several_files_is_read_by_each_of_them(tmp_path, name):
    data = pixels((1, 3, 4, 5))
    project(tmp_path / "p", data)
    path = tmp_path / "p" / name
    assert len(zimg.ZImg.readImgInfos(path)) == 1
    np.testing.assert_array_equal(zimg.read(path).data[0], data)
    part = zimg.read(path, region=ZImgRegion((1, 2, 1, 0, 0), (4, 4, 3, 1, 1)))
    np.testing.assert_array_equal(part.data[0], data[:, 1:3, 2:4, 1:4])


@pytest.mark.parametrize("name", ["project.xlef", "Metadata/Image 1.xlif"])
def test_a_project_without_its_voxels_reports_what_is_missing(tmp_path, name):
    project(tmp_path / "p", pixels((1, 3, 4, 5)))
    voxels, path = tmp_path / "p" / "Image 1.lof", tmp_path / "p" / name
    whole = voxels.read_bytes()
    voxels.write_bytes(whole[:100])
    with pytest.raises(ZException, match=f"cannot read .*{path.name} as Leica: "):
        zimg.read(path)
    voxels.unlink()
    with pytest.raises(
        ZException, match=r"image 'a': .* refers to .*Image 1\.lof, which is missing"
    ):
        zimg.read(path)


def test_voxels_in_image_files_or_outside_of_the_project_are_not_followed(tmp_path):
    data = pixels((1, 3, 4, 5))
    folder = project(tmp_path / "p", data).parent
    lof(tmp_path / "other.lof", data, "CZYX")
    for frames, told in {
        (
            "a.tif",
            "b.tif",
        ): "is stored in 2 files such as a.tif: only a single LOF file is supported",
        ("../../other.lof",): "which is outside its folder",
        (str(tmp_path / "other.lof"),): "which is outside its folder",
    }.items():
        path = xlif(folder / "Metadata" / "b.xlif", data, "CZYX", *frames)
        with pytest.raises(ZException, match=told):
            zimg.read(path)


@pytest.mark.parametrize("axes", ["YX", "ZX", "ZY"])
def test_an_axis_of_one_sample_has_the_size_of_another(axes, tmp_path):
    lif(tmp_path / "a.lif", pixels((7, 9)), axes)
    info = zimg.ZImg.readImgInfo(tmp_path / "a.lif")
    sizes = [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ]
    assert sizes == pytest.approx([1e-6] * 3)
    zimg.read(tmp_path / "a.lif").save(tmp_path / "a.ome.tif")
    again = zimg.ZImg.readImgInfo(tmp_path / "a.ome.tif")
    assert again.voxelSizeZInUm() == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["above", "absolute", "voxels", "link", "list", "device", "drive"])
def test_a_project_that_leaves_its_folder_is_refused(kind, tmp_path):
    data = pixels((1, 3, 4, 5))
    outside = project(tmp_path / "victim", data).parent
    folder = tmp_path / "a" / "project"
    folder.mkdir(parents=True)
    description = outside / "Metadata" / "Image 1.xlif"
    (folder / "link.xlif").symlink_to(description)
    xlef(folder / "list.xlcf", str(description))
    name = {
        "above": "../../victim/Metadata/Image%201.xlif",
        "absolute": str(description),
        "voxels": str(outside / "Image 1.lof"),
        "link": "link.xlif",
        "list": "list.xlcf",
        "device": "/dev/zero",
        "drive": r"C:\a\b.xlif",
    }[kind]
    with pytest.raises(ZException, match="which is outside its folder"):
        zimg.read(xlef(folder / "e.xlef", name))


def test_names_in_a_project_are_found_in_any_case(tmp_path):
    data = pixels((1, 3, 4, 5))
    folder = project(tmp_path / "p", data).parent
    path = xlef(folder / "b.xlef", r"metadata\IMAGE%201.XLIF")
    np.testing.assert_array_equal(zimg.read(path).data[0], data)


def test_broken_time_stamps_are_left_out(tmp_path, caplog):
    path = lif(tmp_path / "a.lif", pixels((2, 3, 4)), "TYX", [1, 2])
    old, new = "1 2<".encode("utf-16-le"), "1 x<".encode("utf-16-le")
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))
    assert zimg.read(path).info.numTimes == 2
    assert "time stamps" in caplog.text


def test_damaged_files_give_errors_or_images_of_their_size(tmp_path):
    data = lif(tmp_path / "a.lif", pixels((2, 2, 3, 4, 5)), "λCZYX").read_bytes()
    assert refusals(tmp_path / "b.lif", data, count=300, cuts=0.3) > 100


REAL = FOLDER / "real_wavelength_sweep.lif"


@pytest.mark.skipif(not REAL.exists(), reason="ZIMG_REFERENCE_DATA is not set")
def test_a_real_file_is_read_as_the_reference_reads_it():
    files = entries()
    entry = next(entry for entry in files if entry["file"] == REAL.name)
    infos = zimg.ZImg.readImgInfos(REAL)
    assert len(infos) == entry["scene_count"]
    for number, expected in enumerate(entry["scenes"]):
        scene = expected.get("scene", number)
        img, info = zimg.read(REAL, scene=scene), infos[scene]
        found = [hashlib.sha256(a.tobytes()).hexdigest() for a in img.data]
        assert found == expected["sha256_per_time"]
        sizes = [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ]
        # An axis without a size has that of x; the reference says 1.0, which is one metre here.
        recorded = expected["voxel_size_xyz"]
        assert sizes == [size if size != 1.0 else recorded[0] for size in recorded]
        assert info.timeStamps == pytest.approx(expected["time_stamps"], abs=1e-9)
        assert info.channelNames == expected["channel_names"]
        colors = [list(color) for color in info.channelColors]
        assert colors == expected["channel_colors_rgba"]
        assert info.validBitCount == expected["valid_bits"]
        assert info.voxelSizeUnit.name == expected["voxel_unit"]


def test_the_metadata_are_found_where_they_were():
    from zimg.io import formats

    assert formats.leica_image.__name__ == "zimg.io.formats.leica.metadata"
    with pytest.raises(AttributeError, match="no attribute 'lecia'"):
        formats.lecia  # noqa: B018
