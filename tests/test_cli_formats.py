"""`zimg info`, `zimg convert` and `zimg formats`: what they print, write, hold and refuse."""

import json
import runpy
import tracemalloc
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import zimg
from tests.guides import run_guide
from tests.io.making import described, pages
from zimg.cli import main
from zimg.io.formats.table import FORMATS
from zimg.io.scenes.scene_pixels import ScenePixels
from zimg.io.scenes.shared_file import SharedFile
from zimg.io.writing import write_pixels

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "guide" / "formats.md"


def command(*arguments: object) -> int:
    """Run a command; its exit code."""
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    return int(left.value.code or 0)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    values = np.arange(3 * 9 * 40 * 50, dtype=np.uint16).reshape(3, 9, 40, 50)
    path = tmp_path / "stack.ome.tif"
    image = zimg.ZImg(values, layout="CZYX")
    info = image.info
    info.channelNames = ["DAPI", "GFP", "Cy5"]
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.5, 0.5, 2.0
    info.voxelSizeUnit = zimg.values.enums.VoxelSizeUnit.um
    image.info = info
    image.save(path)
    return path


def test_files_that_can_be_read_are_shown_beside_one_that_cannot(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("info", "nowhere.tif", stack, "--json") == 1
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert "nowhere.tif" in shown.err
    assert told["format"] == "TIFF"
    assert told["scenes"][0]["channel_names"] == ["DAPI", "GFP", "Cy5"]
    assert told["scenes"][0]["levels"][0] == {"size": [50, 40, 9], "ratios": [1, 1, 1]}


def test_people_are_reported_what_bits_times_and_opacity_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = zimg.ZImg(np.zeros((3, 2, 1, 40, 50), np.uint16), layout="TCZYX")
    info = image.info
    info.validBitCount, info.timeStamps, info.lastChannelIsAlphaChannel = 12, [1.0, 3.0, 5.0], True
    info.voxelSizeX = info.voxelSizeY = 5e-7
    info.voxelSizeUnit = zimg.values.enums.VoxelSizeUnit.m
    info.position = [1.5, 0.0, -2.0]
    zimg.ZImg(list(image.data), info).save(tmp_path / "a.nim")
    assert command("info", tmp_path / "a.nim") == 0
    shown = capsys.readouterr().out
    for line in (
        "channels: 2 (0, 1, opacity)",
        "time points: 3, 2 s apart",
        "type: uint16, 12 bits used",
        "voxel size (x, y): 0.5 x 0.5 um",
        "unpacked: 24 kB",
        "position (x, y, z): 1.5, 0, -2",
    ):
        assert line in shown.splitlines()


def test_channels_are_chosen_by_number_or_name(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "two.ome.tif"
    part = ("--channels", "Cy5,0", "--region", ":,:,:,1:")
    assert command("convert", stack, output, *part, "-q") == 0
    found, expected = zimg.read(output), zimg.read(stack)
    assert found.info.channelNames == ["Cy5", "GFP"]
    np.testing.assert_array_equal(found.data[0], expected.data[0][[2, 1]])
    assert command("convert", stack, tmp_path / "no.tif", "--channels", "DAP", "-q") == 2
    assert "names (DAPI, GFP, Cy5), got 'DAP'" in capsys.readouterr().err


def test_opacity_is_left_behind_with_its_channel(tmp_path: Path) -> None:
    colours = zimg.ZImg(np.zeros((4, 1, 20, 30), np.uint8))
    info = colours.info
    info.lastChannelIsAlphaChannel = True
    zimg.ZImg(list(colours.data), info).save(tmp_path / "a.png")
    assert command("convert", tmp_path / "a.png", tmp_path / "a.jpg", "-q") == 1
    chosen = ("--channels", "0,1,2", "-q")
    assert command("convert", tmp_path / "a.png", tmp_path / "a.jpg", *chosen) == 0


def test_what_cannot_be_written_is_reported_before_anything_begins(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("convert", stack, tmp_path / "a.png") == 1
    (told,) = capsys.readouterr().err.splitlines()
    assert told.endswith("PNG stores a single plane, but the image has 9 at 1 times")


@pytest.mark.filterwarnings("default")
def test_missing_planes_are_zeros_when_that_is_requested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = pages(
        tmp_path / "a.ome.tif", np.ones((3, 20, 30), np.uint16), described("<TiffData/>")
    )
    assert command("convert", source, tmp_path / "b.tif", "-q") == 1
    capsys.readouterr()
    assert command("convert", source, tmp_path / "b.tif", "-q", "--fill") == 0
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"zimg: warning: {source}: 3 planes are missing and filled with zeros")
    assert zimg.read(tmp_path / "b.tif").data[0].max(axis=(1, 2, 3)).tolist() == [1, 0]


def test_the_table_of_formats_is_that_of_the_registry(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("formats", "--json") == 0
    told = json.loads(capsys.readouterr().out)["formats"]
    assert [row["name"] for row in told] == [each.name for each in FORMATS]


@pytest.mark.parametrize("ratio", ["1,1,1", "2,2,1", "2,1,3"])
def test_a_part_is_written_as_it_would_be_read(stack: Path, tmp_path: Path, ratio: str) -> None:
    output = tmp_path / "part.ome.tif"
    part = ("--region", "4:40,:,2:8,1:3", "--channels", "1,0", "--ratio", ratio)
    assert command("convert", stack, output, *part, "-q") == 0
    ratios = tuple(map(int, ratio.split(",")))
    region = zimg.ZImgRegion((4, 0, 2, 1, 0), (40, -1, 8, 3, -1))
    expected, found = zimg.read(stack, region=region, ratios=ratios), zimg.read(output)
    np.testing.assert_array_equal(found.data[0], expected.data[0][::-1])
    assert found.info.channelNames == ["Cy5", "GFP"]
    for axis in "XYZ":
        name = f"voxelSize{axis}"
        assert getattr(found.info, name) == pytest.approx(getattr(expected.info, name))


def test_a_file_that_exists_is_replaced_only_when_asked(stack: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.tif"
    output.write_bytes(b"kept")
    assert command("convert", stack, output, "-q") == 1
    assert output.read_bytes() == b"kept"
    assert command("convert", stack, output, "-q", "--overwrite") == 0


@pytest.mark.parametrize(
    "wrong",
    [("--region", "5:5"), ("--channels", "7"), ("--ratio", "0,1,1"), ("--compression", "zip9")],
)
def test_wrong_options_leave_no_file(stack: Path, tmp_path: Path, wrong: tuple[str, str]) -> None:
    output = tmp_path / "out.tif"
    assert command("convert", stack, output, *wrong, "-q") == 2
    assert not output.exists()


def test_a_conversion_reports_what_it_wrote_as_json(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "small.tif"
    assert command("convert", stack, output, "--ratio", "2,2,1", "--channels", "GFP", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found.pop("seconds") > 0
    sizes = {"width": 25, "height": 20, "depth": 9, "channels": 1, "times": 1}
    assert found == {"file": str(stack), "output": str(output), **sizes, "type": "uint16"}


def test_a_stack_is_converted_without_being_held(tmp_path: Path) -> None:
    source, output = tmp_path / "large.tif", tmp_path / "large.ome.zarr"
    zimg.ZImg(np.ones((1, 128, 512, 512), np.uint16), layout="CZYX").save(source)  # 64 MiB
    command("formats")  # imports are not what is measured
    tracemalloc.start()
    assert command("convert", source, output, "--chunks", "1,1,4,256,256", "-q") == 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 << 20
    assert zimg.io.read_info(output).depth == 128


def test_the_guide_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run_guide("formats.md")
    assert result.attempted > 10
    assert result.failed == 0, capsys.readouterr().out


def test_the_guide_shows_the_table_of_all_formats() -> None:
    assert "\n<!-- formats -->\n" in GUIDE.read_text(encoding="utf-8")
    _, _, *rows = runpy.run_path(str(GUIDE.parents[1] / "formats_table.py"))["table"]().splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[0] for row in cells] == [each.name for each in FORMATS]
    for (_, suffixes, read, write, extra), each in zip(cells, FORMATS, strict=True):
        assert suffixes.replace("`", "").split() == list(each.suffixes)
        assert (read == "yes", write == "yes") == (bool(each.reader), bool(each.writer))
        assert extra.strip("`") == (each.extra or "-")


@pytest.mark.parametrize("name", ["out.tif", "out.ome.tif", "out.ome.zarr", "out.nrrd"])
def test_an_interrupt_leaves_no_file(stack: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "written"
    folder.mkdir()

    def interrupt(planes: int) -> None:
        raise KeyboardInterrupt(planes)

    held = SharedFile(str(stack), zimg.image.FileFormat.Unknown)
    with closing(held), pytest.raises(KeyboardInterrupt):
        write_pixels(folder / name, ScenePixels(held, 0, zimg.ZImgRegion(), advance=interrupt))
    assert list(folder.iterdir()) == []


def test_a_damaged_source_is_named_and_leaves_no_file(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged, output = tmp_path / "damaged.tif", tmp_path / "out.nrrd"
    damaged.write_bytes(stack.read_bytes()[:-3000])
    assert command("convert", damaged, output, "-q") == 1
    assert "damaged.tif" in capsys.readouterr().err
    assert not output.exists()
