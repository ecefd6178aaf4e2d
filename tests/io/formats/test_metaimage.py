"""MetaImage: round trips, an independent reader and writer, damage, and saves that are killed."""

import os
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zimg
from zimg import Compression, VoxelSizeUnit, ZException, ZImg, ZImgInfo, ZImgRegion
from zimg.image import write
from zimg.io.parameters import ZImgWriteParameters

TYPES = (
    *("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
    *("float32", "float64"),
)
PACKING = (Compression.AUTO, Compression.NONE, Compression.DEFLATE)


def volume(dtype: str = "uint16", shape: tuple[int, ...] = (2, 3, 5, 7)) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 120, shape).astype(dtype)


def image(data: np.ndarray, unit: VoxelSizeUnit = VoxelSizeUnit.um) -> ZImg:
    info = ZImgInfo(1, 1)
    info.voxelSizeUnit = unit
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.25, 0.5, 2.0
    return ZImg(data, info)


def header_file(path: Path, data: bytes, **fields: str) -> Path:
    """A file of five by three bytes; `fields` change its header."""
    plain = {"NDims": "2", "DimSize": "5 3", "ElementType": "MET_UCHAR"}
    stated = {**plain, **{k: v for k, v in fields.items() if k != "ElementDataFile"}}
    lines = [f"{name} = {value}\n" for name, value in stated.items()]
    lines.append(f"ElementDataFile = {fields.get('ElementDataFile', 'LOCAL')}\n")
    path.write_bytes("".join(lines).encode() + data)
    return path


def refused(path: Path, match: str) -> None:
    with pytest.raises(ZException, match=match) as caught:
        zimg.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".mha", ".mhd"])
@given(
    shape=st.tuples(*[st.integers(1, 4)] * 2, st.integers(1, 9), st.integers(1, 9)),
    dtype=st.sampled_from(TYPES),
    compression=st.sampled_from(PACKING),
    level=st.integers(0, 9),
    unit=st.sampled_from(list(VoxelSizeUnit)),
)
@settings(max_examples=40, deadline=None)
def test_a_volume_comes_back_as_it_was(
    suffix, shape, dtype, compression, level, unit, tmp_path_factory
):
    path = tmp_path_factory.mktemp("meta") / f"volume{suffix}"
    written = image(volume(dtype, shape), unit)
    options = ZImgWriteParameters(compression=compression)
    if compression != Compression.NONE:
        options.zlibCompressionLevel = level
    write(path, written, parameters=options)
    back = zimg.read(path)
    assert back.data[0].dtype == dtype
    np.testing.assert_array_equal(back.data[0], volume(dtype, shape))
    known = unit != VoxelSizeUnit.none
    kept = unit in (VoxelSizeUnit.um, VoxelSizeUnit.mm, VoxelSizeUnit.cm, VoxelSizeUnit.none)
    assert back.info.voxelSizeUnit == (unit if kept else VoxelSizeUnit.um)
    if known:
        assert back.info.voxelSizeZInUm() == pytest.approx(written.info.voxelSizeZInUm(), rel=1e-14)


@pytest.mark.parametrize("compression", PACKING)
def test_a_region_is_the_same_part_of_the_volume(tmp_path, compression):
    write(tmp_path / "a.mha", ZImg(volume()), parameters=ZImgWriteParameters(compression))
    region = ZImgRegion((2, 1, 1, 1, 0), (6, 4, 3, 2, 1))
    part = zimg.read(tmp_path / "a.mha", region=region)
    np.testing.assert_array_equal(part.data[0], volume()[1:2, 1:3, 1:4, 2:6])


@pytest.mark.parametrize("suffix", [".mha", ".mhd"])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("packed", [True, False])
def test_simpleitk_reads_ours_and_we_read_its_files(tmp_path, suffix, dtype, packed):
    sitk = pytest.importorskip("SimpleITK")
    compression = Compression.AUTO if packed else Compression.NONE
    ours, its = tmp_path / f"ours{suffix}", tmp_path / f"its{suffix}"
    write(ours, image(volume(dtype)), parameters=ZImgWriteParameters(compression))
    read = sitk.ReadImage(str(ours))
    np.testing.assert_array_equal(
        np.moveaxis(sitk.GetArrayFromImage(read), -1, 0), volume(dtype), strict=True
    )
    assert read.GetSpacing() == (0.25, 0.5, 2.0)
    sitk.WriteImage(read, str(its), packed)
    back = zimg.read(its)
    np.testing.assert_array_equal(back.data[0], volume(dtype), strict=True)
    assert back.info.voxelSizeUnit == VoxelSizeUnit.um


@pytest.mark.parametrize(("order", "msb"), [("<", "False"), (">", "True")])
def test_both_byte_orders_are_read(tmp_path, order, msb):
    data = np.arange(15).astype(f"{order}i2")
    path = header_file(
        tmp_path / "a.mha", data.tobytes(), ElementType="MET_SHORT", BinaryDataByteOrderMSB=msb
    )
    np.testing.assert_array_equal(zimg.read(path).data[0].reshape(-1), np.arange(15))


@pytest.mark.parametrize(("skip", "before"), [("0", b""), ("7", b"1234567"), ("-1", b"12")])
def test_bytes_before_the_voxels_are_passed_over(tmp_path, skip, before):
    (tmp_path / "a.raw").write_bytes(before + bytes(range(15)))
    path = header_file(tmp_path / "a.mhd", b"", HeaderSize=skip, ElementDataFile="a.raw")
    assert zimg.read(path).data[0].reshape(-1).tolist() == list(range(15))


def test_a_packed_region_needs_no_more_than_the_stream_up_to_its_last_row(tmp_path):
    data = np.random.default_rng(1).integers(0, 255, (1, 200, 64, 64)).astype(np.uint8)
    path = tmp_path / "a.mha"
    write(path, ZImg(data))
    whole = bytearray(path.read_bytes())
    whole[-1000:] = bytes(1000)
    path.write_bytes(whole)
    region = ZImgRegion((0, 0, 3, 0, 0), (-1, -1, 5, 1, 1))
    np.testing.assert_array_equal(zimg.read(path, region=region).data[0], data[:, 3:5])
    refused(path, "damaged|truncated")


def test_every_truncation_is_an_error(tmp_path):
    for compression in PACKING:
        write(tmp_path / "w.mha", ZImg(volume()), parameters=ZImgWriteParameters(compression))
        whole = (tmp_path / "w.mha").read_bytes()
        for length in {*range(0, len(whole), 17), len(whole) - 1, len(whole) - 4}:
            (tmp_path / "cut.mha").write_bytes(whole[:length])
            refused(tmp_path / "cut.mha", "cannot read")


def test_a_stream_without_its_checksum_is_an_error_even_when_its_size_is_not_stated(tmp_path):
    packed = zlib.compress(bytes(range(15)))
    whole = header_file(tmp_path / "a.mha", packed, CompressedData="True")
    assert zimg.read(whole).data[0].reshape(-1).tolist() == list(range(15))
    refused(header_file(tmp_path / "b.mha", packed[:-1], CompressedData="True"), "truncated")
    wrong = packed[:-1] + bytes([packed[-1] ^ 1])
    refused(header_file(tmp_path / "c.mha", wrong, CompressedData="True"), "incorrect data check")


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"NDims": "5", "DimSize": "5 3 1 1 1"}, "NDims 5 is not supported: expected 1 to 4"),
        ({"DimSize": "5"}, r"must have 2 sizes \(NDims\)"),
        ({"DimSize": "5 0"}, "each must be at least 1"),
        ({"DimSize": "5 4"}, "truncated"),
        ({"DimSize": "5 three"}, "must be an integer, got"),
        ({"DimSize": "999999 9999999"}, "truncated"),
        ({"DimSize": "999999 9999999", "CompressedData": "True"}, "compressed bytes cannot"),
        ({"ElementType": "MET_STRING"}, "is not supported: expected MET_CHAR"),
        ({"BinaryData": "False"}, "at least 29 bytes of text, but the file has 15"),
        ({"BinaryData": "False", "DimSize": "5 1"}, "is not text of uint8 values"),
        ({"CompressedData": "maybe"}, "must be True or False"),
        ({"CompressedData": "True", "CompressedDataSize": "16"}, "the file ends at"),
        ({"ElementDataFile": "LIST"}, "lists 1 files, but 3 are needed"),
        ({"ElementDataFile": "a%02d.raw 1 3 1"}, "'a01.raw' does not exist"),
        ({"ElementDataFile": "a%02d.raw 1 3 0"}, "step must not be 0"),
        ({"ElementDataFile": "a%s.raw 1 3 1"}, "exactly one number"),
        ({"ElementDataFile": "no.raw"}, "does not exist"),
    ],
    ids=str,
)
def test_a_header_that_cannot_be_followed_is_refused(tmp_path, fields, match):
    refused(header_file(tmp_path / "a.mha", bytes(15), **fields), match)


@pytest.mark.parametrize(
    "name", ["../secret.raw", "sub/../../secret.raw", "{absolute}", "link.raw"]
)
def test_voxels_outside_the_folder_of_the_header_are_refused(tmp_path, name):
    (tmp_path / "secret.raw").write_bytes(bytes(15))
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "link.raw").symlink_to(tmp_path / "secret.raw")
    name = name.format(absolute=tmp_path / "secret.raw")
    path = header_file(folder / "a.mhd", b"", ElementDataFile=name)
    refused(path, "is outside the folder of the header")


def test_what_it_cannot_hold_is_refused(tmp_path):
    for held, match, options in (
        (ZImg([volume(), volume()]), "a single time point", {}),
        (ZImg(volume("float16")), "not float16", {}),
        (ZImg(volume()), "not LZW", {"compression": Compression.LZW}),
        (ZImg(volume()), "not 0 to 9", {"zlibCompressionLevel": 10}),
    ):
        for name in ("a.mha", "a.mhd"):
            with pytest.raises(ZException, match=match):
                write(tmp_path / name, held, parameters=ZImgWriteParameters(**options))
    assert list(tmp_path.iterdir()) == []


def test_a_replaced_pair_leaves_one_data_file_and_spares_those_of_others(tmp_path):
    header_file(tmp_path / "a.mhd", b"", ElementDataFile="a.raw")
    (tmp_path / "a.raw").write_bytes(bytes(15))
    for number in range(3):
        write(tmp_path / "a.mhd", ZImg(volume() + number))
        np.testing.assert_array_equal(zimg.read(tmp_path / "a.mhd").data[0], volume() + number)
        assert len(list(tmp_path.iterdir())) == 3
    assert (tmp_path / "a.raw").read_bytes() == bytes(15)


class Failing(zimg.ZImgSliceProvider):
    def imgInfo(self):  # noqa: N802
        return ZImg(volume()).info

    def slice(self, z, t):  # noqa: ARG002
        raise KeyError(z)


@pytest.mark.parametrize("name", ["a.mha", "a.mhd"])
def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, name):
    write(tmp_path / name, ZImg(volume()))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(KeyError):
        ZImg.writeImg(str(tmp_path / name), Failing())
    assert sorted(tmp_path.iterdir()) == before
    np.testing.assert_array_equal(zimg.read(tmp_path / name).data[0], volume())


SAVING = """
import sys, numpy as np
from zimg import ZImg
from zimg.image import write
images = [ZImg(np.full((1, 8, 64, 64), value, np.uint16)) for value in (1, 2)]
print("ready", flush=True)
while True:
    for image in images:
        write(sys.argv[1], image)
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
@pytest.mark.parametrize("name", ["a.mha", "a.mhd"])
def test_a_killed_save_leaves_the_old_volume_or_the_new_one(tmp_path, name):
    path = tmp_path / name
    write(path, ZImg(np.full((1, 8, 64, 64), 1, np.uint16)))
    for number in range(4):
        command = [sys.executable, "-c", SAVING, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.02 + 0.013 * number)
            process.send_signal(signal.SIGKILL)
        values = np.unique(zimg.read(path).data[0])
        assert values.tolist() in ([1], [2])
