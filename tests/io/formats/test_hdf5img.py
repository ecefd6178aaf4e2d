"""HDF5Img: what is written comes back with its levels; what is damaged or foreign is refused."""

import random
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import zimg
from zimg import (
    Compression,
    VoxelSizeUnit,
    ZException,
    ZImg,
    ZImgInfo,
    ZImgRegion,
    ZImgSource,
    col4,
)
from zimg.image import ZImgSliceProvider, write
from zimg.io.formats.hdf5img.metadata import TYPES
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.scenes.halving import halved
from zimg.io.subblocks import internal_sub_regions, read_sub_block, sub_block_lists

PLANE = "Img/TimePoint{}/Channel{}/Z{}/Data"

LOSSLESS = ("AUTO", "NONE", "DEFLATE", "ADOBE_DEFLATE", "ZSTD")


def noise(shape: tuple[int, ...], dtype: str = "uint16") -> np.ndarray:
    return (np.random.default_rng(0).random(shape) * 250).astype(dtype)


def options(compression: str, **others) -> ZImgWriteParameters:
    return ZImgWriteParameters(compression=Compression[compression], **others)


@pytest.fixture
def large(tmp_path) -> tuple[Path, np.ndarray]:
    """A file with several chunks per plane and three levels."""
    data = noise((2, 2, 1030, 1100))
    write(tmp_path / "large.nim", ZImg(data))
    return tmp_path / "large.nim", data


@settings(max_examples=30, deadline=None)
@given(
    data=st.sampled_from(TYPES).flatmap(
        lambda dtype: arrays(dtype, st.tuples(*[st.integers(1, n) for n in (2, 3, 3, 20, 20)]))
    ),
    compression=st.sampled_from(LOSSLESS),
    suffix=st.sampled_from([".nim", ".h5", ".NIM"]),
)
def test_voxels_of_every_type_come_back(data, compression, suffix, tmp_path_factory):
    path = tmp_path_factory.mktemp("hdf5") / f"a{suffix}"
    write(path, ZImg(list(data)), parameters=options(compression))
    for found, wanted in zip(zimg.read(path).data, data, strict=True):
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)


@settings(max_examples=20, deadline=None)
@given(
    names=st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        min_size=2,
        max_size=2,
    ),
    stamps=st.lists(st.floats(allow_nan=False), min_size=3, max_size=3),
    position=st.lists(st.floats(allow_nan=False), max_size=4),
    unit=st.sampled_from(list(VoxelSizeUnit)),
    alpha=st.booleans(),
)
def test_all_metadata_come_back(names, stamps, position, unit, alpha, tmp_path_factory):
    info = ZImgInfo(5, 4, 1, 2, 3)
    info.channelNames, info.timeStamps, info.position = names, stamps, position
    info.voxelSizeUnit, info.lastChannelIsAlphaChannel = unit, alpha
    info.channelColors = [col4(1, 2, 3, 4), col4(200, 100, 0, 255)]
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ, info.validBitCount = 0.1, 2.0, 3.5, 7
    image = ZImg([np.zeros((2, 1, 4, 5), np.uint8)] * 3, info)
    path = tmp_path_factory.mktemp("hdf5") / "a.nim"
    write(path, image)
    assert zimg.read(path).info == image.info


def test_more_times_than_an_attribute_of_old_files_holds(tmp_path):
    info = ZImgInfo(1, 1, 1, 1, 9000)
    write(tmp_path / "a.nim", ZImg([np.zeros((1, 1, 1, 1), np.uint8)] * 9000, info))
    assert zimg.read(tmp_path / "a.nim").info.timeStamps == info.timeStamps


def test_jpeg_xr_of_full_quality_is_without_loss(tmp_path):
    data = noise((1, 2, 520, 600))
    write(tmp_path / "a.nim", ZImg(data), parameters=options("JPEGXR", jpegXRQuality=1.0))
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.nim").data[0], data)


def test_hdf5_itself_unpacks_what_it_knows_the_filter_of(tmp_path):
    data = noise((1, 1, 600, 700))
    for compression in ("NONE", "DEFLATE"):
        write(tmp_path / "a.h5", ZImg(data), parameters=options(compression))
        with h5py.File(tmp_path / "a.h5") as file:
            plane = file[PLANE.format(0, 0, 0)]
            assert plane.chunks == (512, 512)
            np.testing.assert_array_equal(plane[...], data[0, 0])


def test_the_level_is_taken_into_account(tmp_path):
    smooth = np.add.outer(np.arange(512), np.arange(512)).astype(np.uint16)[None, None]
    sizes = []
    for level in (0, 9):
        parameters = options("DEFLATE", zlibCompressionLevel=level)
        write(tmp_path / f"{level}.nim", ZImg(smooth), parameters=parameters)
        sizes.append((tmp_path / f"{level}.nim").stat().st_size)
    assert sizes[0] > 5 * sizes[1]


def test_levels_are_means_and_used_for_ratios(large):
    path, data = large
    image = zimg.read(path, ratios=(2, 2, 1))
    np.testing.assert_array_equal(image.data[0][1, 1], halved(data[1, 1]))
    assert image.info.voxelSizeX == 2


@pytest.mark.parametrize("dtype", TYPES)
def test_halves_are_the_means_of_two_by_two(dtype):
    kind = np.dtype(dtype)
    low, high = (0, 1) if kind.kind == "f" else (np.iinfo(kind).min, np.iinfo(kind).max)
    values = np.asarray([low, high, 1], dtype)
    plane = np.random.default_rng(1).choice(values, (5, 7))
    padded = np.pad(plane, [(0, 1), (0, 1)], mode="edge").astype(object)
    total = sum(padded[y::2, x::2] for y in (0, 1) for x in (0, 1))
    wanted = total / 4 if kind.kind == "f" else (total + 2) // 4
    np.testing.assert_array_equal(halved(plane), wanted.astype(dtype))


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_regions_are_the_voxels_of_the_whole(data, tmp_path_factory):
    size = (1100, 530, 2, 2, 1)
    starts = [data.draw(st.integers(0, n - 1)) for n in size]
    ends = [
        (start, data.draw(st.integers(start + 1, n))) for start, n in zip(starts, size, strict=True)
    ]
    voxels = noise((2, 2, 530, 1100), "uint8")
    path = tmp_path_factory.mktemp("hdf5") / "a.nim"
    write(path, ZImg(voxels))
    region = ZImgRegion(tuple(a for a, _ in ends), tuple(b for _, b in ends))
    wanted = voxels[tuple(slice(*each) for each in ends[3::-1])]
    np.testing.assert_array_equal(zimg.read(path, region=region).data[0], wanted)


def test_pieces_are_listed_in_the_order_of_the_reference(large):
    path, data = large
    (rows,) = sub_block_lists(ZImgSource(path))
    assert rows[:3].tolist() == [
        [0, 0, 0, 0, 512, 512, 1, 1, 1, 1],
        [0, 0, 0, 1, 512, 512, 1, 1, 1, 1],
        [0, 0, 512, 0, 512, 512, 1, 1, 1, 1],
    ]
    assert len(rows) == 2 * (9 + 4 + 1)
    assert rows[-1].tolist() == [0, 0, 0, 1, 1100, 1030, 1, 4, 4, 1]
    arrays, _ = read_sub_block(ZImgSource(path), 2)
    np.testing.assert_array_equal(arrays[0][:, 0], data[:, 0, 512:1024, :512])
    assert len(internal_sub_regions(ZImgSource(path))[0]) == 9


class Slices(ZImgSliceProvider):
    """Gives planes that are filled with their place."""

    def imgInfo(self) -> ZImgInfo:  # noqa: N802
        return ZImgInfo(20, 10, 3, 1, 2)

    def slice(self, z: int, t: int) -> ZImg:
        return ZImg(np.full((1, 1, 10, 20), 10 * t + z, np.uint8))


def test_slices_are_written_as_they_come(tmp_path):
    ZImg.writeImg(tmp_path / "a.nim", Slices())
    image = zimg.read(tmp_path / "a.nim")
    assert [[int(plane[0, 0]) for plane in array[0]] for array in image.data] == [
        [0, 1, 2],
        [10, 11, 12],
    ]


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"compression": "LZW"}, "not LZW"),
        ({"compression": "DEFLATE", "zlibCompressionLevel": 99}, "99 is not 0 to 9"),
        ({"compression": "ZSTD", "zstdCompressionLevel": 50}, "50 is not -7 to 22"),
        ({"compression": "JPEGXR", "jpegXRQuality": 2.0}, "2.0"),
    ],
)
def test_options_that_cannot_be_honoured_leave_no_file(kwargs, words, tmp_path):
    with pytest.raises(ZException, match=words):
        write(tmp_path / "a.nim", ZImg(noise((1, 1, 4, 5))), parameters=options(**kwargs))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dtype", ["float16"])  # masks are stored as 0 and 1
def test_types_that_the_format_lacks_are_refused(dtype, tmp_path):
    with pytest.raises(ZException, match="HDF5Img stores"):
        write(tmp_path / "a.nim", ZImg(np.zeros((1, 1, 4, 5), dtype)))
    with pytest.raises(ZException, match="JPEG XR compresses"):
        write(
            tmp_path / "a.nim",
            ZImg(np.zeros((1, 1, 4, 5), np.float32)),
            parameters=options("JPEGXR"),
        )


def rewritten(path: Path, **properties) -> np.ndarray:
    """A small file whose only plane is stored anew with other properties."""
    data = noise((1, 1, 40, 50))
    write(path, ZImg(data))
    with h5py.File(path, "r+") as file:
        name = PLANE.format(0, 0, 0)
        del file[name]
        file.create_dataset(name, data=data[0, 0], **properties)
    return data


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"dtype": ">u2", "chunks": (40, 50)},
        {"chunks": (7, 9)},
        {"chunks": (16, 16), "compression": "gzip", "fletcher32": True},
        {"chunks": (16, 16), "compression": "gzip", "shuffle": True},
        {"chunks": (16, 16), "compression": "lzf"},
    ],
)
def test_other_ways_of_storing_planes_are_read(properties, tmp_path):
    data = rewritten(tmp_path / "a.nim", **properties)
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.nim").data[0], data)


def test_voxels_that_were_never_written_are_the_fill_value(tmp_path):
    write(tmp_path / "a.nim", ZImg(noise((1, 1, 40, 50))))
    with h5py.File(tmp_path / "a.nim", "r+") as file:
        name = PLANE.format(0, 0, 0)
        del file[name]
        file.create_dataset(name, (40, 50), np.uint16, chunks=(16, 16), fillvalue=7)[:16, :16] = 9
    found = zimg.read(tmp_path / "a.nim").data[0][0, 0]
    assert (found[:16, :16] == 9).all()
    assert (found[16:] == 7).all()


def test_a_checksum_that_is_wrong_is_an_error(tmp_path):
    rewritten(tmp_path / "a.nim", chunks=(40, 50), fletcher32=True)
    with h5py.File(tmp_path / "a.nim") as file:
        place = file[PLANE.format(0, 0, 0)].id.get_chunk_info(0).byte_offset
    damaged = bytearray((tmp_path / "a.nim").read_bytes())
    damaged[place + 100] ^= 1
    (tmp_path / "a.nim").write_bytes(damaged)
    with pytest.raises(ZException, match="checksum"):
        zimg.read(tmp_path / "a.nim")


def linked(group: h5py.Group, plane: np.ndarray, other: Path) -> None:  # noqa: ARG001
    group["Data"] = h5py.ExternalLink(other, "elsewhere")


def soft(group: h5py.Group, plane: np.ndarray, other: Path) -> None:  # noqa: ARG001
    group["Data"] = h5py.SoftLink("/Img")


def external(group: h5py.Group, plane: np.ndarray, other: Path) -> None:
    other.write_bytes(plane.tobytes())
    group.create_dataset("Data", plane.shape, plane.dtype, external=[(other, 0, plane.nbytes)])


def virtual(group: h5py.Group, plane: np.ndarray, other: Path) -> None:
    layout = h5py.VirtualLayout(plane.shape, plane.dtype)
    layout[...] = h5py.VirtualSource(other, "elsewhere", plane.shape, plane.dtype)
    group.create_virtual_dataset("Data", layout)


@pytest.mark.parametrize("lead", [linked, soft, external, virtual])
def test_nothing_leads_out_of_the_file(lead, tmp_path):
    data, path, other = noise((1, 1, 4, 5)), tmp_path / "a.nim", tmp_path / "secret"
    write(path, ZImg(data))
    with h5py.File(path, "r+") as file:
        group = file["Img/TimePoint0/Channel0/Z0"]
        del group["Data"]
        lead(group, data[0, 0], other)
    with pytest.raises(ZException, match=r"is a link|stored in other files"):
        zimg.read(path)


def test_a_file_of_another_program_is_named_as_such(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["volume"] = [1, 2]
    with pytest.raises(ZException, match=r"a\.h5 as HDF5 img: .* no group /Img, but volume"):
        zimg.read(tmp_path / "a.h5")


def test_every_attribute_is_needed_and_named(tmp_path):
    write(tmp_path / "a.nim", ZImg(noise((1, 1, 4, 5))))
    with h5py.File(tmp_path / "a.nim") as file:
        names = list(file["Img"].attrs)
    assert len(names) == 19
    for name in names:
        write(tmp_path / "a.nim", ZImg(noise((1, 1, 4, 5))))
        with h5py.File(tmp_path / "a.nim", "r+") as file:
            del file["Img"].attrs[name]
        with pytest.raises(ZException, match=f"no attribute {name}$"):
            zimg.read(tmp_path / "a.nim")


@pytest.mark.parametrize("name", ["Width", "Depth", "NumberOfChannels", "NumberOfTimePoints"])
@pytest.mark.parametrize("claim", [0, 3, 2**62])
def test_sizes_that_are_only_claimed_are_refused(name, claim, tmp_path):
    write(tmp_path / "a.nim", ZImg(noise((1, 1, 4, 5))))
    with h5py.File(tmp_path / "a.nim", "r+") as file:
        file["Img"].attrs.modify(name, np.uint64(claim))
    with pytest.raises(ZException, match=r"a\.nim"):
        zimg.read(tmp_path / "a.nim")


@pytest.mark.parametrize("compression", ["ZSTD", "DEFLATE", "NONE"])
def test_damaged_files_are_refused_or_of_the_right_size(compression, tmp_path):
    data, pick = noise((1, 2, 20, 30)), random.Random(0)
    write(tmp_path / "a.nim", ZImg(data), parameters=options(compression))
    whole, path = (tmp_path / "a.nim").read_bytes(), tmp_path / "damaged.nim"
    for cut in (*range(0, len(whole), 97), len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(ZException):
            zimg.read(path)
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[pick.randrange(len(whole))] ^= 1 << pick.randrange(8)
        path.write_bytes(damaged)
        with suppress(ZException):
            assert zimg.read(path).data[0].shape == data.shape
