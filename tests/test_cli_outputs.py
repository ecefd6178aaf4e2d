"""Outputs of commands: never an input, replaced only when asked, with a fitting suffix."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

import zimg
from tests.io import making
from zimg.cli import main
from zimg.phantom import neurite
from zimg.swc import ZSwc

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        return int(stop.value.code or 0), *capfd.readouterr()

    return call


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "v.tif"
    tifffile.imwrite(path, neurite().volume)
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "t.swc"
    neurite().tree.save(path)
    return path


def hard(source: Path, name: Path) -> None:
    os.link(source, name)


def soft(source: Path, name: Path) -> None:
    name.symlink_to(source)


@pytest.mark.parametrize("link", [None, hard, soft])
@pytest.mark.parametrize("command", ["trace", "skeletonize", "convert", "subtract", "preview"])
def test_an_output_is_never_an_input(
    run: Run, image: Path, tree: Path, command: str, link: Callable[[Path, Path], None] | None
) -> None:
    source = tree if command == "subtract" else image
    suffix = {"convert": ".tif", "preview": ".png"}.get(command, ".swc")
    input_file = source.with_name(f"input{suffix}")
    source.rename(input_file)
    output = input_file
    if link is not None:
        output = source.with_name(f"linked{suffix}")
        link(input_file, output)
    before = input_file.read_bytes()
    arguments = {
        "trace": ["trace", input_file, "-o", output],
        "skeletonize": ["skeletonize", input_file, "-o", output],
        "convert": ["convert", input_file, output],
        "subtract": ["subtract", input_file, input_file, "-o", output],
        "preview": ["trace", input_file, "-o", source.with_name("new.swc"), "--preview", output],
    }[command]
    code, out, err = run(*arguments, "--overwrite", "-q")
    assert (code, out) == (1, "")
    assert f"output {output} is the input {input_file}" in err
    assert input_file.read_bytes() == before


def volume(folder: Path, name: str) -> Path:
    """A small image in one or two files."""
    path = folder / name
    zimg.write(path, zimg.ZImg(np.arange(24, dtype=np.uint8).reshape(1, 2, 3, 4)))
    return path


def pair_of_nifti(folder: Path) -> tuple[Path, Path, list[str]]:
    single = volume(folder, "b.nii").read_bytes()
    header = bytearray(single[:352])
    header[108:112], header[344:348] = bytes(4), b"ni1\0"
    (folder / "a.hdr").write_bytes(header)
    (folder / "a.img").write_bytes(single[-24:])
    return folder / "a.hdr", folder / "a.img", ["--format", "ITKImage"]


def detached_nrrd(folder: Path) -> tuple[Path, Path, list[str]]:
    fields = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 4 3 2\nencoding: raw\n"
    (folder / "a.nhdr").write_text(f"{fields}data file: a.tif\n\n")
    (folder / "a.tif").write_bytes(bytes(24))
    return folder / "a.nhdr", folder / "a.tif", []


def copied_header(folder: Path) -> tuple[Path, Path, list[str]]:
    """The data file, which belongs to both, is removed when the first header is replaced."""
    path = volume(folder, "a.mhd")
    (folder / "copy.mhd").write_bytes(path.read_bytes())
    return folder / "copy.mhd", path, []


def set_of_ome(folder: Path) -> tuple[Path, Path, list[str]]:
    blocks = making.block("a.ome.tif", 0, "1") + making.block("b.ome.tif", 1, "2")
    for name, uuid in (("a.ome.tif", "1"), ("b.ome.tif", "2")):
        data = np.zeros((3, 20, 30), np.uint16)
        making.pages(folder / name, data, making.described(blocks, uuid))
    return folder / "a.ome.tif", folder / "b.ome.tif", []


@pytest.mark.parametrize("made", [pair_of_nifti, detached_nrrd, copied_header, set_of_ome])
def test_an_output_is_never_a_file_of_an_input(
    run: Run, tmp_path: Path, made: Callable[[Path], tuple[Path, Path, list[str]]]
) -> None:
    source, output, options = made(tmp_path)
    assert run("info", source)[0] == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    code, _, err = run("convert", source, output, "--overwrite", "-q", *options)
    assert code == 1
    assert f"output {output} is a part of the input {source}" in err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["trace", "IMAGE", "-o", "old.swc"],
        ["trace", "IMAGE", "-o", "new.swc", "--preview", "old.png"],
        ["skeletonize", "IMAGE", "-o", "old.swc"],
        ["skeletonize", "IMAGE", "-o", "folder", "--label", "all"],
        ["skeletonize", "IMAGE", "-o", "new.swc", "--preview", "old.png"],
        ["subtract", "TREE", "TREE", "-o", "old.swc"],
        ["convert", "IMAGE", "old.tif"],
        ["demo", "-o", "folder"],
    ],
)
def test_what_exists_is_replaced_only_when_asked(
    run: Run, image: Path, tree: Path, tmp_path: Path, arguments: list[str]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    old = [tmp_path / "old.swc", tmp_path / "old.png", tmp_path / "old.tif"]
    old += [folder / "3.swc", folder / "tree.png"]
    for path in old:
        path.write_text("older")
    names = {"IMAGE": image, "TREE": tree}
    given = [names.get(text, tmp_path / text if "." in text else text) for text in arguments]
    given = [folder if text == "folder" else text for text in given]
    code, out, err = run(*given, "-q")
    assert (code, out) == (1, "")
    assert "--overwrite replaces" in err
    assert all(path.read_text() == "older" for path in old)
    assert not (tmp_path / "new.swc").exists()
    code, _, err = run(*given, "-q", "--overwrite")
    assert code == 0, err


@pytest.mark.parametrize(
    ("arguments", "accepted"),
    [
        (["trace", "IMAGE", "-o", "a.tif"], ".swc"),
        (["trace", "IMAGE", "-o", "a"], ".swc"),
        (["trace", "IMAGE", "-o", "a.swc", "--preview", "a.jpg"], ".png"),
        (["skeletonize", "IMAGE", "-o", "a.tif"], ".swc"),
        (["skeletonize", "IMAGE", "-o", "a.swc", "--preview", "a.swc"], ".png"),
        (["subtract", "TREE", "TREE", "-o", "a.txt"], ".swc"),
        (["convert", "IMAGE", "a.png", "--format", "tiff"], "suffix of PNG, not of Tiff"),
        (["convert", "IMAGE", "a.czi", "--format", "tiff"], "suffix of CZI, not of Tiff"),
    ],
)
def test_a_suffix_fits_what_is_written(
    run: Run, image: Path, tree: Path, tmp_path: Path, arguments: list[str], accepted: str
) -> None:
    names = {"IMAGE": image, "TREE": tree}
    given = [names.get(text, text) for text in arguments]
    given = [tmp_path / text if str(text).startswith("a") else text for text in given]
    before = sorted(tmp_path.iterdir())
    code, out, err = run(*given)
    assert (code, out) == (2, "")
    assert accepted in err
    assert sorted(tmp_path.iterdir()) == before


def test_an_ome_tiff_may_have_the_suffix_of_a_tiff(run: Run, image: Path, tmp_path: Path) -> None:
    assert run("convert", image, tmp_path / "a.tif", "--format", "ometiff", "-q")[0] == 0
    with tifffile.TiffFile(tmp_path / "a.tif") as written:
        assert written.is_ome


def test_a_store_is_no_place_for_outputs_and_is_not_replaced_by_a_part_of_it(
    run: Run, image: Path, tmp_path: Path
) -> None:
    store = tmp_path / "s.ome.zarr"
    assert run("convert", image, store, "-q")[0] == 0
    assert "lies in the input" in run("trace", store, "-o", store / "t.swc")[2]
    code, _, err = run("convert", store / "0", store, "--overwrite")
    assert (code, "lies in the output" in err) == (1, True)
    np.testing.assert_array_equal(zimg.read(store).to_arrays("numpy")[0][0], neurite().volume)


def test_several_images_go_into_a_folder(run: Run, image: Path, tmp_path: Path) -> None:
    other = tmp_path / "w.ome.tif"
    assert run("convert", image, other, "-q")[0] == 0
    code, _, err = run("convert", image, other, tmp_path / "out", "-q", "--format", "omezarr")
    assert code == 0, err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "v.ome.zarr",
        "w.ome.zarr",
    ]
    code, out, _ = run("trace", image, other, "-o", tmp_path / "out", "--preview", tmp_path / "out")
    assert code == 0
    assert [out.count(f"{name}.swc: ") for name in "vw"] == [1, 1]
    assert len(ZSwc(tmp_path / "out" / "w.swc")) == len(ZSwc(tmp_path / "out" / "v.swc")) > 0
    assert (tmp_path / "out" / "w.png").exists()


def test_one_image_that_fails_does_not_stop_the_others(
    run: Run, image: Path, tmp_path: Path
) -> None:
    arguments = ("nowhere.tif", image, "gone.tif", tmp_path / "out", "--format", "png")
    code, _, err = run("convert", *arguments, "-q", "--region", ":,:,3:4")
    assert code == 1
    assert [line.split()[2] for line in err.splitlines()] == ["nowhere.tif", "gone.tif"], err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["v.png"]


def test_traces_of_several_images_end_with_a_table_and_go_on_after_failures(
    run: Run, image: Path, tmp_path: Path
) -> None:
    nan, older = tmp_path / "nan.tif", tmp_path / "older.tif"
    tifffile.imwrite(nan, np.full((5, 8, 8), np.nan, np.float32))
    older.write_bytes(image.read_bytes())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "older.swc").write_text("older")
    files = (nan, "nowhere.tif", older, image)
    code, out, err = run("trace", *files, "-o", tmp_path / "out")
    assert code == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["older.swc", "v.swc"]
    assert (tmp_path / "out" / "older.swc").read_text() == "older"
    titles, *rows = out.splitlines()[-5:]
    assert titles.split() == ["name", "seeds", "trees", "nodes", "length", "seconds"]
    assert [row.split()[0] for row in rows] == [str(file) for file in files]
    assert ["--overwrite" in row for row in rows] == [False, False, True, False]
    errors = [line for line in err.splitlines() if line.startswith("zimg: ")]
    assert len(errors) == 3, err
    assert all(str(file) in error for file, error in zip(files[:2], errors, strict=False))
    assert "trace images: " in err


@pytest.mark.filterwarnings("always:nothing was traced")
def test_traces_of_several_images_are_json_objects_one_per_line(
    run: Run, image: Path, tmp_path: Path
) -> None:
    dark = tmp_path / "dark.tif"
    tifffile.imwrite(dark, np.zeros((5, 20, 20), np.uint8))
    arguments = ("trace", dark, "nowhere.tif", image, "-o", tmp_path / "out", "--json", "-q")
    code, out, err = run(*arguments)
    assert code == 1
    assert "warning: nothing was traced" in err
    assert f"({dark})" in err
    told = [json.loads(line) for line in out.splitlines()]
    assert [Path(each["input"]).name for each in told] == ["dark.tif", "nowhere.tif", "v.tif"]
    assert ["nowhere.tif" in each["error"] for each in told] == [False, True, False]
    assert [bool(each["warnings"]) for each in told] == [True, False, False]
    assert told[2]["length"] > 0


def test_a_page_of_a_report_is_replaced_only_when_asked(
    run: Run, image: Path, tmp_path: Path
) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "t.html").write_text("older")
    arguments = ("trace", image, "-o", tmp_path / "t.swc", "--report", pages, "-q")
    code, _, err = run(*arguments)
    assert (code, "t.html exists" in err) == (1, True)
    assert not (tmp_path / "t.swc").exists()
    assert run(*arguments, "--overwrite")[0] == 0
    assert "<!DOCTYPE html>" in (pages / "t.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["convert", "IMAGE", "IMAGE", "OUT", "--format", "metaimage"], "two inputs"),
        (["convert", "IMAGE", "gone.tif", "OUT"], "--format"),
        (["convert", "IMAGE", "gone.tif", "a.tif", "--format", "tiff"], "need a folder"),
        (["trace", "IMAGE", "gone.tif", "-o", "a.swc"], "need a folder"),
    ],
)
def test_several_images_that_cannot_be_distinguished_are_refused(
    run: Run, image: Path, tmp_path: Path, arguments: list[str], part: str
) -> None:
    names = {"IMAGE": image, "OUT": tmp_path / "out"}
    code, _, err = run(*(names.get(text, text) for text in arguments))
    assert code in (1, 2)
    assert part in err
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("always:nothing was traced")
def test_options_of_a_configuration_are_set_by_name(run: Run, image: Path, tmp_path: Path) -> None:
    output = tmp_path / "t.swc"
    code, out, _ = run("trace", image, "-o", output, "--set", "minAutoScore=2", "--json", "-q")
    assert (code, '"nodes": 0' in out) == (0, True)
    for text, part in {
        "minAutoScor=2": "minAutoScor",
        "minAutoScore": "NAME=VALUE",
        "minAutoScore=a": "must be a JSON number",
        "minAutoScore=NaN": "minAutoScore",
    }.items():
        code, _, err = run("trace", image, "-o", tmp_path / "n.swc", "--set", text, "-q")
        assert (code, part in err) == (2, True), err
    code, _, err = run("skeletonize", image, "-o", tmp_path / "n.swc", "--set", "minimal=2")
    assert (code, "unknown option 'minimal'" in err) == (2, True)


def test_a_missing_voxel_size_is_said(run: Run, image: Path, tmp_path: Path) -> None:
    note = f"note: {image} states no voxel size"
    assert note in run("trace", image, "-o", tmp_path / "a.swc")[2]
    assert note not in run("trace", image, "-o", tmp_path / "b.swc", "--z-to-xy", 2)[2]
    code, _, err = run("trace", image, "-o", tmp_path / "c.swc", "--um")
    assert (code, "states no voxel size for --um" in err) == (1, True)


def test_traces_are_written_in_micrometres(run: Run, tmp_path: Path) -> None:
    image = tmp_path / "um.tif"
    size = {"spacing": 1.0, "unit": "um", "axes": "ZYX"}
    tifffile.imwrite(image, neurite().volume, imagej=True, resolution=(2.0, 2.0), metadata=size)
    for name, options in {"voxel.swc": (), "um.swc": ("--um",)}.items():
        assert run("trace", image, "-o", tmp_path / name, "-q", *options)[0] == 0
    voxel, um = ZSwc(tmp_path / "voxel.swc"), ZSwc(tmp_path / "um.swc")
    assert len(voxel) > 1
    np.testing.assert_allclose(um.xyz, voxel.xyz * (0.5, 0.5, 1.0), rtol=1e-5)


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version") == (0, f"zimg-xp {zimg.__version__}\n", "")


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "zimg", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout == f"zimg-xp {zimg.__version__}\n"


def test_a_shell_completes_the_names_of_commands() -> None:
    code = "from zimg.cli import main; main()"
    words = {"_ZIMG_COMPLETE": "complete_bash", "COMP_WORDS": "zimg tr", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | words,
        timeout=300,
    )
    assert done.stdout.split() == ["trace"], done
