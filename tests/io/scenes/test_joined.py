"""Lists of files as one image: along every axis, padded or not, and only what is needed is read."""

from pathlib import Path

import numpy as np
import pytest

from zimg import (
    Compression,
    Dimension,
    ZException,
    ZImg,
    ZImgInfo,
    ZImgRegion,
    ZImgSource,
    ZImgWriteParameters,
)
from zimg.image import write

AXIS = {Dimension.X: 3, Dimension.Y: 2, Dimension.Z: 1, Dimension.C: 0}


def image(shape: tuple[int, ...], first: int, names: list[str] | None = None) -> ZImg:
    info = ZImgInfo(1, 1, 1, shape[0])
    info.channelNames = names or [f"from {first}"] * shape[0]
    return ZImg((np.arange(np.prod(shape)).reshape(shape) + first).astype(np.uint8), info)


def saved(folder: Path, **images: ZImg) -> list[Path]:
    paths = [folder / f"{name}.ome.tif" for name in images]
    for path, each in zip(paths, images.values(), strict=True):
        write(path, each, parameters=ZImgWriteParameters(compression=Compression.ADOBE_DEFLATE))
    return paths


@pytest.mark.parametrize("along", AXIS)
def test_files_are_laid_one_after_the_other(along, tmp_path):
    first, second = image((2, 3, 4, 5), 0), image((2, 3, 4, 5), 100)
    joined = ZImg(saved(tmp_path, a=first, b=second), along, False, expandXY=False)
    expected = np.concatenate([first.data[0], second.data[0]], axis=AXIS[along])
    np.testing.assert_array_equal(joined.data[0], expected)


def test_times_are_counted_anew(tmp_path):
    joined = ZImg(
        saved(tmp_path, a=image((1, 2, 4, 5), 0), b=image((1, 2, 4, 5), 9)), Dimension.T, False
    )
    assert joined.info.timeStamps == [0.0, 1.0]
    assert [int(x[0, 0, 0, 0]) for x in joined.data] == [0, 9]


def test_names_and_colours_of_channels_are_those_of_their_files(tmp_path):
    files = saved(tmp_path, a=image((1, 2, 4, 5), 0, ["A"]), b=image((2, 2, 4, 5), 9, ["P", "Q"]))
    info = ZImg(files, Dimension.C, False).info
    assert info.channelNames == ["A", "P", "Q"]
    assert [tuple(color)[:3] for color in info.channelColors] == [
        (255, 255, 255),
        (255, 0, 0),
        (0, 255, 0),
    ]


@pytest.mark.parametrize(("largest", "value"), [(False, 50), (True, 61)])
def test_a_smaller_image_is_centred_and_padded_with_a_value_of_its_own(largest, value, tmp_path):
    small = image((1, 2, 3, 2), 50)
    files = saved(tmp_path, a=image((1, 2, 4, 5), 0), b=small)
    joined = ZImg(files, Dimension.Z, False, expandWithMaxValue=largest)
    expected = np.full((2, 4, 5), value)
    expected[:, :3, 1:3] = small.data[0][0]  # what is left over comes after
    np.testing.assert_array_equal(joined.data[0][0, 2:], expected)


@pytest.mark.parametrize("along", [Dimension.Z, Dimension.C, Dimension.T])
def test_a_region_of_a_list_is_the_same_part_of_the_whole(along, tmp_path):
    files = saved(
        tmp_path, a=image((1, 3, 4, 5), 0), b=image((1, 3, 3, 2), 50), c=image((1, 3, 4, 5), 90)
    )
    whole = ZImg(files, along, False)
    _, _, z, c, t = whole.info.size
    for start, end in (
        ((1, 0, z - 1, c - 1, t - 1), (4, 4, z, c, t)),
        ((0, 1, z // 2, c // 2, t // 2), (5, 3, z, c, t)),
        ((4, 3, 0, 0, 0), (5, 4, z, c, t)),
    ):
        region = ZImgRegion(start, end)
        part = ZImg(files, along, False, region=region)
        for got, full in zip(part.data, whole.data[start[4] : end[4]], strict=True):
            np.testing.assert_array_equal(got, full[region.czyx])


def test_only_files_that_meet_the_region_are_decoded(tmp_path):
    files = saved(tmp_path, a=image((1, 2, 4, 5), 0), b=image((1, 2, 4, 5), 9))
    data = files[1].read_bytes()
    for header in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"):  # of any level
        data = data.replace(header, b"\0\0")  # no pixels of it can be unpacked
    files[1].write_bytes(data)
    region = ZImgRegion((0, 0, 0, 0, 0), (-1, -1, 2, -1, -1))
    assert ZImg(files, Dimension.Z, False, region=region).info.depth == 2
    with pytest.raises(ZException, match=r"b\.ome\.tif"):
        ZImg(files, Dimension.Z, False)


def test_all_scenes_of_each_file_are_joined_on_request(tmp_path):
    import tifffile

    with tifffile.TiffWriter(tmp_path / "two.ome.tif") as tiff:
        tiff.write(np.full((4, 5), 1, np.uint8), photometric="minisblack")
        tiff.write(np.full((4, 5), 2, np.uint8), photometric="minisblack")
    source = ZImgSource([tmp_path / "two.ome.tif"] * 2, Dimension.Z, True)
    assert ZImg(source).data[0][0, :, 0, 0].tolist() == [1, 2, 1, 2]
    assert ZImg.readImgInfo(source).depth == 4


def test_images_that_do_not_fit_are_refused_by_name(tmp_path):
    files = saved(
        tmp_path, a=image((1, 2, 4, 5), 0), b=image((2, 2, 4, 5), 0), c=image((1, 2, 3, 2), 0)
    )
    with pytest.raises(
        ZException, match=r"b\.ome\.tif: image dimensions don't match: numChannels 2"
    ):
        ZImg(files[:2], Dimension.Z, False)
    with pytest.raises(ZException, match=r"c\.ome\.tif: image dimensions don't match: width 2"):
        ZImg([files[0], files[2]], Dimension.Z, False, expandXY=False)
    write(tmp_path / "d.ome.tif", ZImg(np.zeros((1, 2, 4, 5), np.uint16)))
    with pytest.raises(
        ZException, match=r"d\.ome\.tif: image types don't match: uint16 instead of uint8"
    ):
        ZImg([files[0], tmp_path / "d.ome.tif"], Dimension.Z, False)
