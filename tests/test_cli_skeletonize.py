"""The command for skeletons: what it writes, prints and refuses."""

import json
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile

import zimg
from zimg import ZImg, ZSwc
from zimg.cli.app import main


def rods() -> np.ndarray:
    """Two rods along x: label 3 is 60 voxels long, label 700 is 30."""
    labels = np.zeros((9, 24, 64), np.uint16)
    labels[3:6, 3:6, 2:62] = 3
    labels[3:6, 15:18, 2:32] = 700
    return labels


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "rods.tif"
    metadata = {"axes": "ZYX", "spacing": 2.0, "unit": "um"}
    tifffile.imwrite(path, rods(), imagej=True, resolution=(2.0, 2.0), metadata=metadata)
    return path


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Any:
    """Calls the command; gives exit code, output, errors."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main(["skeletonize", *map(str, arguments)])
        return int(stop.value.code or 0), *capfd.readouterr()

    return call


def told(result: tuple[int, str, str]) -> dict[str, Any]:
    code, out, err = result
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_it_writes_the_tree_of_the_library_and_one_line(
    command: Any, image: Path, tmp_path: Path
) -> None:
    output = tmp_path / "new" / "tree.swc"
    code, out, err = command(image, "-o", output, "--config", "SKELETONIZE")
    assert code == 0, err
    (line,) = out.splitlines()
    assert line.startswith(f"{output}: ")
    assert all(word in line for word in ("node", "1 tree", "voxels", " s"))
    assert any(text.startswith("read: ") for text in err.splitlines())
    expected = zimg.skeletonize(ZImg(str(image)), config="SKELETONIZE")  # of its voxel size
    np.testing.assert_allclose(ZSwc(output).xyz, expected.xyz, rtol=1e-5)


def test_one_label_is_skeletonized_alone(command: Any, image: Path, tmp_path: Path) -> None:
    output, preview = tmp_path / "tree.swc", tmp_path / "tree.png"
    found = told(command(image, "-o", output, "--label", 700, "--preview", preview, "--json", "-q"))
    tree = ZSwc(output)
    assert (found["nodes"], found["trees"], found["unit"]) == (len(tree), 1, "voxel")
    assert found["length"] == pytest.approx(tree.total_length(), rel=1e-4)
    assert (tree.xyz[:, 1] > 12).all()
    picture = imagecodecs.png_decode(preview.read_bytes())
    assert (np.ptp(picture[..., :3].astype(int), axis=-1) > 40).any()


def test_all_labels_are_files_of_a_folder(command: Any, image: Path, tmp_path: Path) -> None:
    output, preview = tmp_path / "bodies", tmp_path / "bodies.png"
    arguments = ("--label", "all", "--workers", 2, "--preview", preview, "--um")
    found = told(command(image, "-o", output, *arguments, "--json", "-q"))
    assert sorted(path.name for path in output.iterdir()) == ["3.swc", "700.swc"]
    assert (found["files"], found["trees"]) == (2, 2)
    for label, tree in zimg.skeletonize_labels(ZImg(str(image))).items():
        written = ZSwc(output / f"{label}.swc")
        np.testing.assert_allclose(written.xyz, tree.xyz * (0.5, 0.5, 2.0), rtol=1e-5)
    code, out, _ = command(image, "-o", output, "--label", "all", "--overwrite")
    assert code == 0
    assert f"{output}: 2 files, " in out


def test_a_body_without_a_tree_has_no_file(command: Any, image: Path, tmp_path: Path) -> None:
    (tmp_path / "options.json").write_text('{"minimalLength": 45}')
    output = tmp_path / "bodies"
    arguments = ("--label", "all", "--config", tmp_path / "options.json", "--json", "-q")
    assert told(command(image, "-o", output, *arguments))["files"] == 1
    assert [path.name for path in output.iterdir()] == ["3.swc"]


def test_a_label_of_64_bits_is_found(command: Any, tmp_path: Path) -> None:
    volume, label = tmp_path / "labels.tif", 2**63 + 5
    tifffile.imwrite(volume, np.where(rods() == 3, np.uint64(label), rods()))
    found = told(command(volume, "-o", tmp_path / "t.swc", "--label", label, "--json", "-q"))
    assert found["trees"] == 1
    command(volume, "-o", tmp_path / "all", "--label", "all", "-q")
    assert {path.stem for path in (tmp_path / "all").iterdir()} == {"700", str(label)}


def test_the_tree_begins_at_the_root_with_the_radii_requested(
    command: Any, image: Path, tmp_path: Path
) -> None:
    output = tmp_path / "tree.swc"
    command(image, "-o", output, "--label", 3, "--root", "61,4,4", "--radius", "euclidean", "-q")
    tree = ZSwc(output)
    assert tree.xyz[tree.roots[0]].tolist() == [61, 4, 4]
    mask = (rods() == 3).astype(np.uint8)
    options: Any = {"radius": "euclidean", "config": {"resolution": [1, 4]}}
    expected = zimg.skeletonize(mask, root=(61, 4, 4), **options)
    np.testing.assert_allclose(tree.radius, expected.radius, rtol=1e-5)


def test_micrometres_are_those_of_the_image(command: Any, image: Path, tmp_path: Path) -> None:
    voxels, um = tmp_path / "voxels.swc", tmp_path / "um.swc"
    command(image, "-o", voxels, "-q")
    found = told(command(image, "-o", um, "--um", "--json", "-q"))
    assert found["unit"] == "um"
    np.testing.assert_allclose(ZSwc(um).xyz, ZSwc(voxels).xyz * (0.5, 0.5, 2.0), rtol=1e-5)
    np.testing.assert_allclose(ZSwc(um).radius, ZSwc(voxels).radius * 0.5, rtol=1e-5)
    assert ZSwc(um).unit == "um"


def test_an_image_without_voxel_size_has_no_micrometres(command: Any, tmp_path: Path) -> None:
    image = tmp_path / "bare.tif"
    tifffile.imwrite(image, rods())
    code, _, err = command(image, "-o", tmp_path / "tree.swc", "--um", "-q")
    assert code == 1
    assert err.startswith(f"zimg: {image} states no voxel size for --um")
    assert not (tmp_path / "tree.swc").exists()


def test_a_level_leaves_what_is_above_it(command: Any, image: Path, tmp_path: Path) -> None:
    output = tmp_path / "tree.swc"
    command(image, "-o", output, "--threshold", 100, "-q")
    assert (ZSwc(output).xyz[:, 1] > 12).all()


def test_factors_and_a_configuration_file_are_used(
    command: Any, image: Path, tmp_path: Path
) -> None:
    (tmp_path / "options.json").write_text('{"minimalLength": 45, "connectingBranch": false}')
    arguments = ("--config", tmp_path / "options.json", "--downsample", "2,2,1")
    command(image, "-o", tmp_path / "tree.swc", *arguments, "-q")
    expected = zimg.skeletonize(
        ZImg(str(image)),
        config={"minimalLength": 45, "connectingBranch": False},
        downsample=(2, 2, 1),
    )
    np.testing.assert_allclose(ZSwc(tmp_path / "tree.swc").xyz, expected.xyz, rtol=1e-5)


def test_nothing_found_is_an_empty_tree_that_reports_it(command: Any, tmp_path: Path) -> None:
    image, output = tmp_path / "empty.tif", tmp_path / "tree.swc"
    tifffile.imwrite(image, np.zeros((5, 8, 8), np.uint8))
    code, out, _ = command(image, "-o", output)
    assert code == 0
    assert "0 nodes, 0 trees (nothing found)" in out
    assert len(ZSwc(output)) == 0


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_the_backend_gives_the_same_tree(
    command: Any, image: Path, tmp_path: Path, backend: str
) -> None:
    pytest.importorskip(backend)
    output = tmp_path / "tree.swc"
    command(image, "-o", output, "--label", 3, "--backend", backend, "-q")
    expected = zimg.skeletonize((rods() == 3).astype(np.uint8))
    found = zimg.compare(ZSwc(output), expected)
    assert found.f1 > 0.99


@pytest.mark.parametrize(
    ("code", "arguments", "parts"),
    [
        (2, ["IMAGE"], ["--output"]),
        (2, ["IMAGE", "-o", "OUT", "--downsample", "0,1,1"], ["downsample", "'0,1,1'"]),
        (2, ["IMAGE", "-o", "OUT", "--label", "0"], ["label must be", "all", "'0'"]),
        (2, ["IMAGE", "-o", "OUT", "--label", "all", "--root", "1,2,3"], ["root", "all"]),
        (2, ["IMAGE", "-o", "OUT", "--root", "1,2"], ["root must be X,Y,Z", "'1,2'"]),
        (2, ["IMAGE", "-o", "OUT", "--root", "1,2,99"], ["root", "99"]),
        (2, ["IMAGE", "-o", "OUT", "--radius", "round"], ["planar", "euclidean"]),
        (1, ["IMAGE", "-o", "FILE", "--label", "all"], ["rods.tif"]),
        (2, ["IMAGE", "-o", "OUT", "--label", "3", "--threshold", "5"], ["threshold", "label"]),
        (2, ["IMAGE", "-o", "OUT", "--label", "3", "--workers", "2"], ["workers", "all"]),
        (2, ["IMAGE", "-o", "OUT", "--config", "OPTIONS"], ["unknown option 'minimal'"]),
        (1, ["IMAGE", "-o", "OUT", "--config", "NO_PRESET"], ["NO_PRESET"]),
        (1, ["IMAGE", "-o", "OUT", "--label", "4"], ["rods.tif has no label 4"]),
        (1, ["IMAGE", "-o", "OUT", "--channel", "1"], ["c=1", "rods.tif"]),
        (1, ["nowhere.tif", "-o", "OUT"], ["nowhere.tif"]),
        (1, ["IMAGE", "-o", "FOLDER"], ["folder"]),
        (1, ["IMAGE", "-o", "OUT", "--preview", "FOLDER"], ["folder"]),
        (2, ["IMAGE", "-o", "OUT", "--level", "5"], ["level", "--threshold"]),
    ],
)
def test_what_cannot_be_done_is_one_line_and_no_file(
    command: Any, image: Path, tmp_path: Path, code: int, arguments: list[str], parts: list[str]
) -> None:
    (tmp_path / "options.json").write_text('{"minimal": 5}')
    (tmp_path / "folder").mkdir()
    names = {
        "IMAGE": image,
        "OUT": tmp_path / "out" / "tree.swc",
        "OPTIONS": tmp_path / "options.json",
        "FOLDER": tmp_path / "folder",
        "FILE": image,
    }
    before = sorted(tmp_path.rglob("*"))
    ended, out, err = command(*(names.get(argument, argument) for argument in arguments), "-q")
    assert (ended, out) == (code, "")
    (line,) = err.splitlines()
    assert line.startswith("zimg: ")
    assert all(part in line for part in parts), line
    assert sorted(tmp_path.rglob("*")) == before


def test_an_interrupt_reports_it_and_leaves_no_file(
    command: Any, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("zimg.cli.skeletonize.skeletonize", interrupt)
    output = tmp_path / "tree.swc"
    assert command(image, "-o", output, "-q") == (130, "", "zimg: interrupted\n")
    assert not output.exists()


def test_a_contact_sheet_shows_all_labels(command: Any, image: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "new" / "sheet.png"
    options = ("--set", "minimalLength=5", "--sheet", sheet)
    code, _, err = command(image, "-o", tmp_path / "bodies", "--label", "all", *options)
    assert code == 0, err
    picture = imagecodecs.png_decode(sheet.read_bytes())
    assert picture.shape[1] > 2 * 200  # two tiles in a row
    code, _, err = command(image, "-o", tmp_path / "one.swc", "--label", 3, *options)
    assert code == 2
    assert "--sheet needs --label all" in err
