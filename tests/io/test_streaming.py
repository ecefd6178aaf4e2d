"""Images given in slices or blocks: each is asked for once and checked, nothing is left in part."""

# ruff: noqa: N802, ARG002 (methods and arguments are those of the reference)

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

import zimg
from zimg import ZException, ZImg, ZImgInfo
from zimg.image import ZImgBlockProvider, ZImgSliceProvider

DATA = np.random.default_rng(7).integers(0, 250, (2, 4, 6, 7)).astype(np.uint16)
INFO = ZImg(DATA).info


class Slices(ZImgSliceProvider):
    """Gives `DATA`, and remembers what was asked for."""

    def __init__(self, data: np.ndarray = DATA) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []

    def imgInfo(self) -> ZImgInfo:
        return INFO

    def slice(self, z: int, t: int) -> ZImg:
        self.asked.append((z, t))
        return ZImg(self.data[:, z : z + 1], copy_if_needed=True)


class Blocks(ZImgBlockProvider):
    """Gives boxes of `DATA` that cover it."""

    corners = tuple((x, y, z, 0, 0) for z in (0, 2) for y in (0, 3) for x in (0, 4))

    def imgInfo(self) -> ZImgInfo:
        return INFO

    def numBlocks(self) -> int:
        return len(self.corners)

    def blockCoord(self, index: int) -> tuple[int, int, int, int, int]:
        return self.corners[index]

    def block(self, index: int) -> ZImg:
        x, y, z, _, _ = self.corners[index]
        return ZImg(DATA[:, z : z + 2, y : y + 3, x : x + 4])


def test_slices_arrive_once_each_with_z_running_fastest(tmp_path):
    provider = Slices()
    ZImg.writeImg(tmp_path / "a.v3draw", provider)
    assert provider.asked == [(z, 0) for z in range(4)]
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.v3draw").data[0], DATA)


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif"])
def test_tiff_asks_for_all_planes_of_a_time_before_the_next(name, tmp_path):
    class Times(Slices):
        def imgInfo(self) -> ZImgInfo:
            return ZImgInfo(7, 6, 4, 2, 3, 2)

    provider = Times()
    ZImg.writeImg(tmp_path / name, provider)
    assert provider.asked == [(z, t) for t in range(3) for z in range(4)]
    with tifffile.TiffFile(tmp_path / name) as file:
        assert file.series[0].axes == "TZCYX"
        np.testing.assert_array_equal(file.asarray(), np.stack([DATA.swapaxes(0, 1)] * 3))


def test_blocks_are_put_where_they_belong(tmp_path):
    ZImg.writeImg(tmp_path / "a.v3draw", blockProvider=Blocks())
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.v3draw").data[0], DATA)
    assert [path.name for path in tmp_path.iterdir()] == ["a.v3draw"]


def test_where_blocks_overlap_the_larger_value_stays_and_elsewhere_is_zero(tmp_path):
    class Two(Blocks):
        corners = ((0, 0, 0, 0, 0), (1, 0, 0, 0, 0))

    ZImg.writeImg(tmp_path / "a.v3draw", Two())
    expected = np.zeros_like(DATA)
    expected[:, :2, :3, :4] = DATA[:, :2, :3, :4]
    place = expected[:, :2, :3, 1:5]
    np.maximum(place, DATA[:, :2, :3, 1:5], out=place)
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.v3draw").data[0], expected)


def test_whole_images_are_put_together_from_parts():
    for provider in (Slices(), Blocks()):
        np.testing.assert_array_equal(provider.wholeImg().data[0], DATA)
    np.testing.assert_array_equal(Slices().allSlices(0).data[0], DATA)


def test_slices_of_any_framework_are_brought_to_the_host(tmp_path, xp, device):
    class OnDevice(Slices):
        def slice(self, z: int, t: int) -> ZImg:
            host = DATA[:, z : z + 1].astype(np.uint8)
            return ZImg(xp.asarray(host, device=device))

        def imgInfo(self) -> ZImgInfo:
            return ZImg(DATA.astype(np.uint8)).info

    ZImg.writeImg(tmp_path / "a.v3draw", OnDevice())
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.v3draw").data[0], DATA.astype(np.uint8))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (DATA[..., :3], r"slice\(0, 0\) returned \(1, 2, 1, 6, 3\) uint16, but imgInfo announced"),
        (DATA[:1], "imgInfo announced"),
        (DATA.astype(np.uint8), "uint8, but imgInfo announced .* uint16"),
    ],
)
def test_a_slice_that_is_not_as_announced_leaves_no_file(data, told, tmp_path):
    with pytest.raises(ZException, match=told):
        ZImg.writeImg(tmp_path / "a.v3draw", Slices(data))
    assert not list(tmp_path.iterdir())


def test_a_block_that_leaves_the_image_or_is_of_another_type_is_refused(tmp_path):
    class Outside(Blocks):
        corners = ((5, 0, 0, 0, 0),)

        def block(self, index: int) -> ZImg:
            return ZImg(DATA[..., :4])

    class OtherType(Blocks):
        def block(self, index: int) -> ZImg:
            return ZImg(np.zeros((1, 1, 1, 1), np.uint8))

    for provider in (Outside(), OtherType()):
        with pytest.raises(ZException, match=r"block\(0\) of .* does not fit"):
            ZImg.writeImg(tmp_path / "a.v3draw", provider)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyError("mine"), OSError("mine"), ZException("mine")])
@pytest.mark.parametrize("base", [Slices, Blocks])
def test_what_a_provider_raises_passes_unchanged(base, error, tmp_path):
    class Failing(base):  # type: ignore[misc,valid-type]
        def slice(self, z: int, t: int) -> ZImg:
            raise error

        block = slice

        def blockCoord(self, index: int) -> tuple[int, int, int, int, int]:
            raise error

    with pytest.raises(type(error)) as caught:
        ZImg.writeImg(tmp_path / "a.v3draw", Failing())
    assert caught.value is error
    assert not list(tmp_path.iterdir())


def test_a_missing_method_and_a_wrong_result_are_reported(tmp_path: Path):
    class Nothing(ZImgSliceProvider):
        def imgInfo(self) -> ZImgInfo:
            return INFO

    class Array(Slices):
        def slice(self, z: int, t: int) -> ZImg:
            return DATA[:, z : z + 1]  # type: ignore[return-value]

    with pytest.raises(NotImplementedError, match=r"Nothing must override slice\(\)"):
        ZImg.writeImg(tmp_path / "a.v3draw", Nothing())
    with pytest.raises(TypeError, match="must give a ZImg, got ndarray"):
        ZImg.writeImg(tmp_path / "a.v3draw", Array())
    with pytest.raises(TypeError, match="ZImgBlockProvider is needed, got int"):
        ZImg.writeImg(tmp_path / "a.v3draw", 5)
    assert not list(tmp_path.iterdir())


class Failing(Blocks):
    """Ends at its fifth block: with an error, or as one that is killed."""

    def block(self, index: int) -> ZImg:
        if index < 4:
            return super().block(index)
        raise KeyError("the fifth")


KILLED = """
import os, signal, sys
from tests.io.test_streaming import Blocks
from zimg import ZImg

class Killed(Blocks):
    def block(self, index):
        if index == 4:
            print(sorted(os.listdir(os.path.dirname(sys.argv[1]))), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        return super().block(index)

ZImg.writeImg(sys.argv[1], blockProvider=Killed())
"""


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif", "a.ome.zarr"])
def test_blocks_that_fail_leave_nothing_behind(name, tmp_path):
    with pytest.raises(KeyError, match="the fifth"):
        ZImg.writeImg(tmp_path / name, blockProvider=Failing())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="a scratch file has no name on Linux")
@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif", "a.ome.zarr"])
def test_blocks_of_a_killed_process_leave_nothing_behind(name, tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == -9
    assert ".blocks-" not in done.stdout
    ZImg.writeImg(tmp_path / name, blockProvider=Blocks())
    assert [path.name for path in tmp_path.iterdir()] == [name]
    np.testing.assert_array_equal(zimg.read(tmp_path / name).data[0], DATA)
