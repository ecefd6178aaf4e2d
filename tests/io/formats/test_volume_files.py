"""Volumes in several files, as text, with a position, and headers that claim too much."""

import gzip
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest

import zimg
from zimg import VoxelSizeUnit, ZException, ZImg, ZImgInfo, ZImgRegion
from zimg.io.disk.limits import MOST_CHANNELS

VOXELS = np.random.default_rng(0).integers(-500, 500, (4, 5, 6)).astype("<i2")
META = (
    "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
    "DimSize = 6 5 4\nElementType = MET_SHORT\n"
)
NRRD = "NRRD0004\ntype: short\ndimension: 3\nsizes: 6 5 4\nendian: little\n"


def written(path: Path, text: str, data: bytes = b"") -> Path:
    path.write_bytes(text.encode() + data)
    return path


def slices(folder: Path, pack=bytes) -> None:
    for z, plane in enumerate(VOXELS):
        (folder / f"s{z}.raw").write_bytes(pack(plane.tobytes()))


def names(numbers) -> str:
    return "".join(f"s{z}.raw\n" for z in numbers)


HEADERS = {
    "mhd list": ("a.mhd", META + "ElementDataFile = LIST\n" + names(range(4))),
    "mhd list 2": ("a.mhd", META + "ElementDataFile = LIST 2D\n" + names(range(4))),
    "mhd pattern": ("a.mhd", META + "ElementDataFile = s%d.raw 0 3 1\n"),
    "mhd pattern from": ("a.mhd", META + "ElementDataFile = s%01d.raw 0\n"),
    "nhdr list": ("a.nhdr", NRRD + "encoding: raw\ndata file: LIST\n" + names(range(4))),
    "nhdr list 2": ("a.nhdr", NRRD + "encoding: raw\ndata file: LIST 2\n" + names(range(4))),
    "nhdr pattern": ("a.nhdr", NRRD + "encoding: raw\ndata file: s%d.raw 0 3 1\n\n"),
    "nhdr slabs": ("a.nhdr", NRRD + "encoding: raw\ndata file: s%d.raw 0 3 1 3\n\n"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_volume_in_a_file_per_plane_is_read_whole_and_in_part(tmp_path, name):
    slices(tmp_path)
    path = written(tmp_path / HEADERS[name][0], HEADERS[name][1])
    np.testing.assert_array_equal(zimg.read(path).data[0][0], VOXELS, strict=True)
    part = zimg.read(path, region=ZImgRegion((1, 2, 1, 0, 0), (5, 4, 3, 1, 1)))
    np.testing.assert_array_equal(part.data[0][0], VOXELS[1:3, 2:4, 1:5])


def test_numbers_may_go_down(tmp_path):
    slices(tmp_path)
    path = written(tmp_path / "a.nhdr", NRRD + "encoding: raw\ndata file: s%d.raw 3 0 -1\n\n")
    np.testing.assert_array_equal(zimg.read(path).data[0][0], VOXELS[::-1])


@pytest.mark.parametrize(
    ("name", "text", "pack"),
    [
        ("a.nhdr", NRRD + "encoding: gzip\ndata file: LIST\n" + names(range(4)), gzip.compress),
        (
            "a.mhd",
            META + "CompressedData = True\nElementDataFile = LIST\n" + names(range(4)),
            zlib.compress,
        ),
        (
            "a.nhdr",
            NRRD + "encoding: text\ndata file: s%d.raw 0 3 1\n\n",
            lambda data: b" ".join(b"%d" % value for value in np.frombuffer(data, "<i2")),
        ),
    ],
    ids=["gzip", "zlib", "text"],
)
def test_each_file_is_decoded_by_itself(tmp_path, name, text, pack):
    slices(tmp_path, pack)
    path = written(tmp_path / name, text)
    np.testing.assert_array_equal(zimg.read(path).data[0][0], VOXELS, strict=True)
    part = zimg.read(path, region=ZImgRegion((0, 0, 2, 0, 0), (6, 5, 3, 1, 1)))
    np.testing.assert_array_equal(part.data[0][0], VOXELS[2:3])
    cut = (tmp_path / "s3.raw").read_bytes()[:-6]
    (tmp_path / "s3.raw").write_bytes(cut)
    with pytest.raises(ZException, match=r"s3\.raw"):
        zimg.read(path)


@pytest.mark.parametrize("name", ["mhd list", "nhdr pattern"])
def test_a_missing_file_is_named_and_can_be_left_as_zeros(tmp_path, name):
    slices(tmp_path)
    (tmp_path / "s2.raw").unlink()
    path = written(tmp_path / HEADERS[name][0], HEADERS[name][1])
    with pytest.raises(ZException, match=r"data files do not exist; missing: s2\.raw"):
        zimg.read(path)
    with pytest.warns(UserWarning, match=r"s2\.raw"):
        filled = zimg.read(path, errors="fill")
    expected = VOXELS.copy()
    expected[2] = 0
    np.testing.assert_array_equal(filled.data[0][0], expected)
    part = zimg.read(path, region=ZImgRegion((0, 0, 0, 0, 0), (6, 5, 2, 1, 1)))
    np.testing.assert_array_equal(part.data[0][0], VOXELS[:2])


def test_listed_files_stay_in_the_folder_of_the_header(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    slices(tmp_path)
    for text in ("LIST\n../s0.raw\n../s1.raw\n../s2.raw\n../s3.raw\n", "../s%d.raw 0 3 1\n"):
        path = written(folder / "a.mhd", META + f"ElementDataFile = {text}")
        with pytest.raises(ZException, match="is outside the folder"):
            zimg.read(path)


def test_simpleitk_reads_the_same_from_lists(tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    slices(tmp_path)
    for name in ("mhd list", "mhd pattern", "nhdr list", "nhdr pattern"):
        path = written(tmp_path / HEADERS[name][0], HEADERS[name][1])
        read = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
        np.testing.assert_array_equal(zimg.read(path).data[0][0], read, strict=True)


@pytest.mark.parametrize("skip", ["-1", "7"])
@pytest.mark.parametrize("encoding", ["gzip", "raw"])
def test_bytes_before_the_voxels_of_a_packed_file_are_skipped(tmp_path, skip, encoding):
    content = b"ANOTHER" + VOXELS.tobytes()
    data = gzip.compress(content) if encoding == "gzip" else content
    (tmp_path / "a.raw").write_bytes(data)
    text = f"{NRRD}encoding: {encoding}\nbyte skip: {skip}\ndata file: a.raw\n\n"
    path = written(tmp_path / "a.nhdr", text)
    np.testing.assert_array_equal(zimg.read(path).data[0][0], VOXELS)


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "uint64", "float32", "float64"])
def test_voxels_as_text_are_read(tmp_path, dtype):
    values = np.arange(120).reshape(4, 5, 6).astype(dtype)
    if dtype in ("int64", "uint64"):
        values[0, 0, 0] = np.iinfo(dtype).max
    if np.dtype(dtype).kind == "f":
        values /= 7
    names = {"float32": "float", "float64": "double"}
    head = f"NRRD0004\ntype: {names.get(dtype, dtype)}\ndimension: 3\nsizes: 6 5 4\n"
    text = "\n".join(repr(value) for value in values.reshape(-1).tolist())
    for encoding in ("text", "txt", "ascii"):
        path = written(tmp_path / "a.nrrd", f"{head}encoding: {encoding}\n\n{text}")
        np.testing.assert_array_equal(zimg.read(path).data[0][0], values, strict=True)
    data = values.astype(values.dtype.newbyteorder(">")).tobytes().hex()
    path = written(tmp_path / "b.nrrd", f"{head}endian: big\nencoding: hex\n\n{data}")
    np.testing.assert_array_equal(zimg.read(path).data[0][0], values, strict=True)


def test_voxels_as_text_in_metaimage_and_their_faults(tmp_path):
    head = META.replace("BinaryData = True", "BinaryData = False") + "ElementDataFile = LOCAL\n"
    text = " ".join(map(str, VOXELS.reshape(-1).tolist()))
    path = written(tmp_path / "a.mha", head + text)
    np.testing.assert_array_equal(zimg.read(path).data[0][0], VOXELS, strict=True)
    for wrong, match in (
        (text.rsplit(" ", 3)[0] + " " * 20, "truncated"),
        (text.replace(" ", " x", 1), "not text of int16"),
        ("99999 " + text, "not text of int16"),
    ):
        with pytest.raises(ZException, match=match):
            zimg.read(written(tmp_path / "b.mha", head + wrong))


@pytest.mark.parametrize("separator", ["=", ":"])
def test_a_header_of_metaimage_may_be_long_and_its_separator_a_colon(tmp_path, separator):
    lines = "".join(f"Seq_Frame{n:04d}_Timestamp = {n / 7}\n" for n in range(5000))
    head = (META + lines + "ElementDataFile = LOCAL\n").replace("=", separator)
    path = written(tmp_path / "a.mha", head, VOXELS.tobytes())
    np.testing.assert_array_equal(zimg.read(path).data[0][0], VOXELS)


def test_a_fourth_dimension_of_metaimage_is_time(tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    series = np.stack([VOXELS, VOXELS + 1])
    sitk.WriteImage(sitk.GetImageFromArray(series, isVector=False), str(tmp_path / "a.mha"))
    back = zimg.read(tmp_path / "a.mha")
    assert back.info.numTimes == 2
    np.testing.assert_array_equal([array[0] for array in back.data], series)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["AnalyzeImage", "Spm99AnalyzeImage", "Spm2AnalyzeImage"])
def test_pairs_of_analyze_are_read_by_either_name(tmp_path, kind, order):
    nibabel = pytest.importorskip("nibabel")
    make = getattr(nibabel, kind)
    header = make.header_class(endianness=order)
    header.set_data_dtype(np.int16)
    image = make(VOXELS.transpose(2, 1, 0), np.diag([2, 3, 4, 1.0]), header)
    nibabel.save(image, tmp_path / "a.img")
    for name in ("a.hdr", "a.img"):
        back = zimg.read(tmp_path / name)
        np.testing.assert_array_equal(back.data[0][0], VOXELS, strict=True)
        info = back.info
        assert (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ) == (2, 3, 4)
        assert info.voxelSizeUnit == VoxelSizeUnit.mm


def test_the_scale_of_an_spm_pair_is_applied_as_nibabel_does(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    image = nibabel.Spm99AnalyzeImage(VOXELS.transpose(2, 1, 0) * np.float32(0.01), np.eye(4))
    image.set_data_dtype(np.int16)
    nibabel.save(image, tmp_path / "a.img")
    expected = nibabel.load(tmp_path / "a.img").get_fdata().T
    back = zimg.read(tmp_path / "a.hdr").data[0][0]
    np.testing.assert_allclose(back, expected, rtol=1e-6)


@pytest.mark.parametrize("offset", [0.0, 100.0, 348.0])
def test_no_voxel_of_a_single_nifti_file_lies_in_its_header(tmp_path, offset):
    sitk = pytest.importorskip("SimpleITK")
    zimg.write(tmp_path / "a.nii", ZImg(VOXELS, layout="ZYX"))
    data = bytearray((tmp_path / "a.nii").read_bytes())
    struct.pack_into("<f", data, 108, offset)
    (tmp_path / "b.nii").write_bytes(data)
    expected = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "b.nii")))
    np.testing.assert_array_equal(zimg.read(tmp_path / "b.nii").data[0][0], expected)


@pytest.mark.parametrize("suffix", [".mha", ".mhd", ".nrrd", ".nii", ".nii.gz"])
def test_the_position_that_itk_writes_is_read(tmp_path, suffix):
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.GetImageFromArray(VOXELS)
    image.SetSpacing((0.5, 0.5, 2))
    image.SetOrigin((10, -20, 30))
    sitk.WriteImage(image, str(tmp_path / f"a{suffix}"))
    assert zimg.read(tmp_path / f"a{suffix}").info.position == pytest.approx([10, -20, 30])


@pytest.mark.parametrize("kind", ["Nifti1Image", "Nifti2Image"])
def test_the_position_of_nifti_is_along_the_axes_of_the_image(tmp_path, kind):
    nibabel = pytest.importorskip("nibabel")
    affine = np.array([[0, -3, 0, 10], [2, 0, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1.0]])
    image = getattr(nibabel, kind)(VOXELS.transpose(2, 1, 0), affine)
    for sform, qform in ((1, 1), (1, 0), (0, 1)):
        image.set_sform(affine, sform)
        image.set_qform(affine, qform)
        nibabel.save(image, tmp_path / "a.nii")
        position = zimg.read(tmp_path / "a.nii").info.position
        assert position == pytest.approx([20, -10, 30], rel=1e-6)


@pytest.mark.parametrize("suffix", [".mha", ".mhd", ".nrrd", ".nii"])
@pytest.mark.parametrize("unit", [VoxelSizeUnit.um, VoxelSizeUnit.nm, VoxelSizeUnit.none])
def test_a_position_is_kept_and_itk_finds_it(tmp_path, suffix, unit):
    info = ZImgInfo(6, 5, 4)
    info.voxelSizeUnit, info.position = unit, [1.0, 2.5, -3.0]
    path = tmp_path / f"a{suffix}"
    zimg.write(path, ZImg(VOXELS[None], info))
    back = zimg.read(path).info
    scale = 1e-3 if (unit, back.voxelSizeUnit) == (VoxelSizeUnit.nm, VoxelSizeUnit.um) else 1.0
    if suffix in (".mha", ".mhd"):
        assert back.position == pytest.approx([value * scale for value in info.position])
        sitk = pytest.importorskip("SimpleITK")
        assert sitk.ReadImage(str(path)).GetOrigin() == pytest.approx(tuple(back.position))
    else:
        assert back.position == info.position


def test_a_position_that_metaimage_cannot_hold_is_refused(tmp_path):
    info = ZImgInfo(6, 5, 4)
    info.position = [1.0, 2.0, 3.0, 4.0]
    with pytest.raises(ZException, match="position of 3"):
        zimg.write(tmp_path / "a.mha", ZImg(VOXELS[None], info))


CLAIMS = {
    "mha": ("a.mha", META + "ElementNumberOfChannels = {}\nElementDataFile = LOCAL\n"),
    "mha text": (
        "a.mha",
        META.replace("BinaryData = True", "BinaryData = False")
        + "ElementNumberOfChannels = {}\nElementDataFile = LOCAL\n",
    ),
    "mha pattern": ("a.mha", META.replace("5 4", "5 {}") + "ElementDataFile = s%d 0 {} 1\n"),
    "nrrd": ("a.nrrd", NRRD.replace("6 5 4", "{} 30 20") + "kinds: vector domain domain\n"),
    "nrrd times": ("a.nrrd", NRRD.replace("6 5 4", "6 5 {}") + "kinds: domain domain time\n"),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_what_a_header_claims_is_refused_before_memory_is_taken(tmp_path, name):
    file, text = CLAIMS[name]
    text = text.replace("{}", "5000000")
    if file.endswith(".nrrd"):
        text += "encoding: raw\n\n"
    path = written(tmp_path / file, text, bytes(3600))
    tracemalloc.start()
    with pytest.raises(ZException):
        zimg.read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * 2**20


def test_more_channels_than_an_image_can_have_are_refused(tmp_path):
    data = gzip.compress(bytes(2 * (MOST_CHANNELS + 1)))
    head = f"NRRD0004\ntype: short\ndimension: 2\nsizes: {MOST_CHANNELS + 1} 1\nendian: little\n"
    path = written(tmp_path / "a.nrrd", head + "kinds: vector domain\nencoding: gzip\n\n", data)
    with pytest.raises(ZException, match=f": accepted are at most {MOST_CHANNELS}"):
        zimg.read(path)
