"""The command: output, errors in one line, exit codes, no partial files."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile

from zimg import neutube_json
from zimg._dispatch import array_namespace, framework_of
from zimg.cli import main
from zimg.cli.arguments import parse_factors, parse_region
from zimg.phantom import neurite
from zimg.swc import ZSwc
from zimg.swc.comparing import compare
from zimg.tracing.pipeline import TraceReport

PHANTOM = neurite()


def follows(tree: ZSwc, *, recall: float = 0.75) -> bool:
    """Whether a tree lies on the neurite, and covers this share of it."""
    agreement = compare(tree, PHANTOM.tree, tolerance=2.0)
    return agreement.precision > 0.9 and agreement.recall > recall


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "neurite.tif"
    tifffile.imwrite(path, PHANTOM.volume)
    return path


@pytest.fixture
def two_channels(tmp_path: Path) -> Path:
    """Noise in channel 0, the neurite in channel 1; voxels as large in z as in x and y."""
    path = tmp_path / "two.tif"
    other = np.random.default_rng(2).integers(0, 20, PHANTOM.volume.shape).astype(np.uint8)
    pixels = np.stack([other, PHANTOM.volume], axis=1)
    metadata = {"axes": "ZCYX", "spacing": 0.5, "unit": "um"}
    tifffile.imwrite(path, pixels, imagej=True, resolution=(2.0, 2.0), metadata=metadata)
    return path


class Result:
    """What one call of the command left."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def json(self) -> dict[str, Any]:
        assert self.code == 0, self.err
        found: dict[str, Any] = json.loads(self.out)
        return found

    def refuses(self, code: int, *parts: str) -> bool:
        """Whether it ended with `code` and one line that holds all `parts`."""
        lines = self.err.splitlines()
        return (
            (self.code, self.out, len(lines)) == (code, "", 1)
            and lines[0].startswith("zimg: ")
            and all(part in lines[0] for part in parts)
        )


@pytest.fixture
def zimg(capfd: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: object) -> Result:
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        return Result(int(stop.value.code or 0), *capfd.readouterr())

    return call


def test_info_reports_size_type_and_voxel_size(zimg: Any, two_channels: Path) -> None:
    text = zimg("info", two_channels).out
    assert "size (x, y, z): 80 x 64 x 32" in text
    assert "channels: 2" in text
    assert "type: uint8" in text
    assert "voxel size (x, y, z): 0.5 x 0.5 x 0.5 um" in text


def test_info_as_json_is_one_object_with_every_scene(zimg: Any, two_channels: Path) -> None:
    told = zimg("info", two_channels, "--json").json()
    (scene,) = told["scenes"]
    assert (scene["width"], scene["height"], scene["depth"]) == (80, 64, 32)
    assert (scene["channels"], scene["times"], scene["type"]) == (2, 1, "uint8")
    assert scene["voxel_size"] == [0.5, 0.5, 0.5]
    assert scene["voxel_size_unit"] == "um"


def test_without_arguments_the_help_names_the_commands(zimg: Any) -> None:
    result = zimg()
    assert result.code == 0
    assert all(name in result.out for name in ("info", "trace", "demo"))


def test_trace_writes_a_tree_along_the_neurite_and_one_line(
    zimg: Any, image: Path, tmp_path: Path
) -> None:
    output = tmp_path / "new" / "tree.swc"
    result = zimg("trace", image, "-o", output)
    assert result.code == 0, result.err
    line, findings = result.out.splitlines()
    assert line.startswith(f"{output}: ")
    assert all(word in line for word in ("seed", "chain", "node", "1 tree", "length", " s"))
    assert all(word in findings for word in ("noise", "level", "chains", "clutter", "trees"))
    assert follows(ZSwc(output))
    assert "\r" not in result.err
    assert any(text.startswith("read: ") for text in result.err.splitlines())


def test_trace_as_json_prints_one_object_and_nothing_else(
    zimg: Any, image: Path, tmp_path: Path
) -> None:
    output, preview = tmp_path / "tree.swc", tmp_path / "tree.png"
    result = zimg("trace", image, "-o", output, "--preview", preview, "--json", "--quiet")
    told = result.json()
    assert result.err == ""
    assert told["input"] == str(image)
    assert told["nodes"] == len(ZSwc(output))
    assert told["trees"] == 1
    assert told["length"] == pytest.approx(ZSwc(output).total_length(), rel=1e-4)
    assert sum(told["stages"].values()) <= told["seconds"]
    picture = imagecodecs.png_decode(preview.read_bytes())
    assert (np.ptp(picture[..., :3].astype(int), axis=-1) > 40).any()


def test_quiet_prints_nothing(zimg: Any, image: Path, tmp_path: Path) -> None:
    result = zimg("trace", image, "-o", tmp_path / "tree.swc", "--quiet")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_a_region_gives_coordinates_of_the_whole_image(
    zimg: Any, image: Path, tmp_path: Path
) -> None:
    output = tmp_path / "tree.swc"
    zimg("trace", image, "-o", output, "--region", "20:,5:62,3:", "-q")
    tree = ZSwc(output)
    assert follows(tree, recall=0.6)
    assert tree.xyz[:, 0].min() > 15


def test_a_channel_can_be_chosen_and_the_ratio_comes_from_the_file(
    zimg: Any, two_channels: Path, tmp_path: Path
) -> None:
    output = tmp_path / "tree.swc"
    told = zimg("trace", two_channels, "-o", output, "--channel", 1, "--json", "-q").json()
    assert told["z_to_xy"] == 1.0
    assert follows(ZSwc(output))


@pytest.mark.filterwarnings("always:nothing was traced")
def test_an_image_of_noise_gives_an_empty_tree_and_reports_it(zimg: Any, tmp_path: Path) -> None:
    path, output = tmp_path / "noise.tif", tmp_path / "tree.swc"
    tifffile.imwrite(path, np.random.default_rng(0).poisson(10, (20, 30, 40)).astype(np.uint8))
    result = zimg("trace", path, "-o", output)
    assert result.code == 0
    assert "0 nodes, 0 trees (nothing found)" in result.out
    assert len(ZSwc(output)) == 0


@pytest.mark.filterwarnings("always:nothing was traced")
def test_a_configuration_file_is_used(zimg: Any, image: Path, tmp_path: Path) -> None:
    config = neutube_json.get_preset("trace_config.json")
    config["default"]["minimalScoreAuto"] = 2.0
    (tmp_path / "strict.json").write_text(json.dumps(config))
    output = tmp_path / "tree.swc"
    arguments = ("trace", image, "-o", output, "--config", tmp_path / "strict.json", "-q", "--json")
    assert zimg(*arguments).json()["nodes"] == 0


@pytest.mark.parametrize("backend", ["numpy", "torch", "jax"])
def test_the_backend_holds_the_volume_that_is_traced(
    zimg: Any, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    pytest.importorskip(backend)
    seen: list[Any] = []

    def remember(volume: Any, **_: object) -> TraceReport:
        seen.append(volume)
        return TraceReport(ZSwc())

    monkeypatch.setattr("zimg.cli.trace.run_mode", remember)
    told = zimg("trace", image, "-o", tmp_path / "t.swc", "--backend", backend, "--json", "-q")
    assert told.json()["nodes"] == 0
    assert framework_of(array_namespace(seen[0])) == backend
    np.testing.assert_array_equal(np.asarray(seen[0]), PHANTOM.volume)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["trace", "IMAGE"], ["--output"]),
        (["trace", "IMAGE", "-o", "OUT", "--chanel", "1"], ["--chanel"]),
        (["trace", "IMAGE", "-o", "OUT", "--channel", "-1"], ["--channel"]),
        (["trace", "IMAGE", "-o", "OUT", "--region", "1:2"], ["X0:X1,Y0:Y1,Z0:Z1", "'1:2'"]),
        (["trace", "IMAGE", "-o", "OUT", "--region", "5:5,:,:"], ["empty along x", "5:5"]),
        (["trace", "IMAGE", "-o", "OUT", "--downsample", "0,1,1"], ["downsample", "'0,1,1'"]),
        (["trace", "IMAGE", "-o", "OUT", "--z-to-xy", "0"], ["z_to_xy", "0"]),
        (["trace", "IMAGE", "-o", "OUT", "--z-to-xy", "nan"], ["z_to_xy", "nan"]),
        (["trace", "IMAGE", "-o", "OUT", "--config", "trace.json"], ["tag None", "accepted"]),
        (["trace", "IMAGE", "-o", "OUT", "--level", "9"], ["no level 9", "levels: 0, 1"]),
        (["trace", "IMAGE", "-o", "OUT", "--mode", "fast"], ["--mode", "fast"]),
        (["trace", "IMAGE", "-o", "OUT", "--mode", "reference", "--invert"], ["invert"]),
        (["trace", "IMAGE", "-o", "OUT", "--backend", "theano"], ["theano"]),
        (["paint"], ["paint"]),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_code_two(
    zimg: Any, image: Path, tmp_path: Path, arguments: list[str], parts: list[str]
) -> None:
    names = {"IMAGE": str(image), "OUT": str(tmp_path / "out" / "tree.swc")}
    result = zimg(*(names.get(argument, argument) for argument in arguments))
    assert result.refuses(2, *parts), (result.code, result.err)
    assert [path.name for path in tmp_path.iterdir()] == ["neurite.tif"]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["info", "nowhere.tif"], ["nowhere.tif"]),
        (["info", "TEXT"], ["text.tif"]),
        (["trace", "nowhere.tif", "-o", "OUT"], ["nowhere.tif"]),
        (["trace", "TEXT", "-o", "OUT"], ["text.tif"]),
        (["trace", "TRUNCATED", "-o", "OUT"], ["truncated.tif"]),
        (["trace", "IMAGE", "-o", "FOLDER.swc"], ["folder"]),
        (["trace", "IMAGE", "-o", "/proc/1/x/tree.swc"], ["/proc/1/x/tree.swc"]),
        (["trace", "IMAGE", "-o", "OUT", "--preview", "FOLDER.png"], ["folder"]),
        (["trace", "IMAGE", "-o", "OUT", "--channel", "1"], ["c=1", "neurite.tif"]),
        (["trace", "IMAGE", "-o", "OUT", "--time", "1"], ["t=1", "neurite.tif"]),
        (["trace", "IMAGE", "-o", "OUT", "--scene", "4"], ["scene 4", "neurite.tif"]),
        (["trace", "IMAGE", "-o", "OUT", "--region", ":999,:,:"], ["region"]),
        (["trace", "IMAGE", "-o", "OUT", "--config", "nope"], ["nope", "trace_config"]),
        (["demo", "-o", "/proc/1/x"], ["/proc/1/x"]),
    ],
)
def test_what_cannot_be_read_or_written_is_one_line_and_no_file(
    zimg: Any, image: Path, tmp_path: Path, arguments: list[str], parts: list[str]
) -> None:
    (tmp_path / "folder.swc").mkdir()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "text.tif").write_text("this is no image\n" * 50)
    (tmp_path / "truncated.tif").write_bytes(image.read_bytes()[:20_000])
    before = sorted(tmp_path.rglob("*"))
    names = {
        "IMAGE": image,
        "OUT": tmp_path / "out" / "tree.swc",
        "TEXT": tmp_path / "text.tif",
        "TRUNCATED": tmp_path / "truncated.tif",
        "FOLDER.swc": tmp_path / "folder.swc",
        "FOLDER.png": tmp_path / "folder.png",
    }
    result = zimg(*(names.get(argument, argument) for argument in arguments))
    errors = [line for line in result.err.splitlines() if line.startswith("zimg: ")]
    assert result.code in (1, 2)
    assert len(errors) == 1
    assert all(part in errors[0] for part in parts), errors
    assert sorted(tmp_path.rglob("*")) == before


def test_a_failed_run_leaves_the_older_output(zimg: Any, tmp_path: Path) -> None:
    image, output = tmp_path / "nan.tif", tmp_path / "tree.swc"
    tifffile.imwrite(image, np.full((5, 8, 8), np.nan, np.float32))
    output.write_text("older")
    result = zimg("trace", image, "-o", output, "-q", "--overwrite")
    assert result.code == 2
    assert "NaN" in result.err or "finite" in result.err
    assert output.read_text() == "older"


def test_a_framework_that_is_not_installed_is_refused_with_the_extra(
    zimg: Any, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zimg.cli.arguments.find_spec", lambda _: None)
    result = zimg("trace", image, "-o", tmp_path / "t.swc", "--backend", "cupy")
    assert result.refuses(1, "cupy is not installed", "zimg-xp[cupy12")


def test_an_interrupted_run_reports_it_and_leaves_no_file(
    zimg: Any, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("zimg.cli.trace.run_mode", interrupt)
    result = zimg("trace", image, "-o", tmp_path / "t.swc", "-q")
    assert result.refuses(130, "interrupted")
    assert not (tmp_path / "t.swc").exists()


def test_a_defect_of_the_library_keeps_its_traceback(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise IndexError

    monkeypatch.setattr("zimg.cli.trace.run_mode", fail)
    with pytest.raises(IndexError):
        main(["trace", str(image), "-o", str(tmp_path / "t.swc"), "-q"])


def test_the_demo_writes_four_files_and_agrees_with_the_truth(
    zimg: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    result = zimg("demo", "--output", tmp_path / "demo", "--open")
    assert result.code == 0, result.err
    assert opened == [(tmp_path / "demo" / "tree.png").as_uri()]
    assert len((result.out + result.err).splitlines()) <= 10
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert names == {"volume.tif", "gold.swc", "tree.swc", "tree.png"}
    (line,) = [text for text in result.out.splitlines() if text.startswith("agreement")]
    precision, recall = (
        float(line.split(word)[1].split(",")[0]) for word in ("precision", "recall")
    )
    assert min(precision, recall) > 0.93
    scene = zimg("info", tmp_path / "demo" / "volume.tif", "--json").json()["scenes"][0]
    assert scene["voxel_size"] == [1.0, 1.0, 2.0]
    again = zimg("demo", "--output", tmp_path / "demo", "--overwrite", "--json").json()
    assert [f"{again[name]:.3f}" for name in ("precision", "recall")] == re.findall(
        r"0\.\d+", line
    )[:2]
    assert again["trace"] == str(tmp_path / "demo" / "tree.swc")


def test_the_installed_command_starts_and_fails_without_a_traceback() -> None:
    command = [sys.executable, "-c", "from zimg.cli import main; main()", "info", "nowhere.tif"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "zimg: file nowhere.tif does not exist\n"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1:2,3:4,5:6", (1, 3, 5), (2, 4, 6)),
        (":,:,:", (0, 0, 0), (-1, -1, -1)),
        (" 7:, :8 ,9:10", (7, 0, 9), (-1, 8, 10)),
    ],
)
def test_a_region_may_have_open_ends(text: str, start: tuple[int], end: tuple[int]) -> None:
    region = parse_region(text)
    assert tuple(region.start) == (*start, 0, 0)
    assert tuple(region.end) == (*end, -1, -1)


@pytest.mark.parametrize("text", ["", "1", "1:2,3:4", "a:b,:,:", "-1:2,:,:", "1:2,3:4,5:6,7:8"])
def test_a_region_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="region must be X0:X1,Y0:Y1,Z0:Z1"):
        parse_region(text)


@pytest.mark.parametrize("text", ["2", "1,2", "1,2,3,4", "0,1,1", "1,-1,1", "1,1.5,1", ""])
def test_factors_must_be_three_integers_from_one(text: str) -> None:
    assert parse_factors("2, 3,4") == (2, 3, 4)
    with pytest.raises(ValueError, match="downsample must be X,Y,Z"):
        parse_factors(text)


@pytest.mark.filterwarnings("default::zimg.tracing.automatic.TraceWarning")
def test_trace_of_several_images_writes_a_tree_and_a_page_for_each(
    zimg: Any, image: Path, tmp_path: Path
) -> None:
    other = tmp_path / "dark.tif"
    tifffile.imwrite(other, np.zeros((5, 20, 20), np.uint8))
    trees, pages, sheet = tmp_path / "trees", tmp_path / "pages", tmp_path / "sheet.png"
    result = zimg("trace", image, other, "-o", trees, "--report", pages, "--sheet", sheet)
    assert result.code == 0, result.err
    assert sheet.read_bytes().startswith(b"\x89PNG")
    assert "warning: nothing was traced" in result.err
    assert follows(ZSwc(trees / "neurite.swc"))
    page = (pages / "neurite.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 2
    assert all(word in page for word in ("noise", "levels", "seedMethod", "score seeds", "tree 1"))
    assert "nothing was traced" in (pages / "dark.html").read_text(encoding="utf-8")


def test_the_modes_of_trace_differ_in_findings(zimg: Any, image: Path, tmp_path: Path) -> None:
    accurate = zimg("trace", image, "-o", tmp_path / "a.swc", "--json").json()
    reference = zimg(
        "trace", image, "-o", tmp_path / "b.swc", "--json", "--mode", "reference"
    ).json()
    assert accurate["findings"]["chains_kept"] >= 1
    assert (reference["mode"], reference["findings"]) == ("reference", {})
