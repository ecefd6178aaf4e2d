"""Each named row of docs/departures.md: what ours does where the reference does something else."""

import bz2
import copy
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import zimg
from tests.io.making import xlef
from zimg import (
    Compression,
    Dimension,
    FileFormat,
    ImgMergeMode,
    VoxelSizeUnit,
    ZException,
    ZImg,
    ZImgInfo,
    ZImgRegion,
    ZImgSource,
    ZNeutubeAutoTrace,
    ZSwc,
    ZVoxelCoordinate,
    col4,
)
from zimg.io.registry import format_to_read
from zimg.phantom import neurite

PAGE = Path(__file__).parents[1] / "docs" / "departures.md"
UNNAMED = {
    "Tracing",
    "Tracing in blocks",
    "Skeletons",
    "HDF5Img files",
}  # tested where they are built


def named_rows() -> list[str]:
    """The names in the first column of the tables, in order."""
    return re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_every_row_has_its_test_and_every_test_its_row() -> None:
    tests = {name.removeprefix("test_row_") for name in globals() if name.startswith("test_row_")}
    assert tests == set(named_rows())
    assert len(named_rows()) == len(set(named_rows()))


def test_every_row_outside_the_unnamed_tables_begins_with_a_name() -> None:
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, *lines = section.splitlines()
        rows = [line for line in lines if line.startswith("|")][2:]
        named = [line for line in rows if line.startswith("| `")]
        assert title in UNNAMED or named == rows, title


def array(*shape: int, dtype: Any = np.uint8) -> np.ndarray[Any, Any]:
    return np.arange(np.prod(shape, dtype=int), dtype=dtype).reshape(shape)


def run(code: str, folder: Path) -> str:
    """What a new Python prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, array(3, 4, 5), photometric="minisblack")
    return path


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "tree.swc"
        path.write_text(text, encoding="utf-8")
        return path

    return write


# The process lives on


def test_row_import_order(tmp_path: Path) -> None:
    code = "import numpy, zimg\ntry: zimg.ZImg('no.tif')\nexcept zimg.ZException: print('caught')"
    assert run(code, tmp_path) == "caught\n"


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["jax", "torch"])
def test_row_import_beside_jax_and_torch(framework: str, tmp_path: Path) -> None:
    pytest.importorskip(framework)
    code = (
        f"import zimg\nzimg.ZImg\nimport {framework} as f\nx = getattr(f, 'numpy', f).zeros(3)\n"
        "try: x.reshape(2, 2)\nexcept Exception: print('caught')\n"
        "try: zimg.ZImg('no.tif')\nexcept zimg.ZException: print('caught')"
    )
    assert run(code, tmp_path) == "caught\ncaught\n"


def test_row_larger_info() -> None:
    image = ZImg(array(1, 1, 2, 2))
    with pytest.raises(ValueError, match="100"):
        image.info = ZImgInfo(100, 100)
    assert image.shape == (1, 1, 1, 2, 2)


def test_row_ratio_of_zero(stack: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        ZImg(stack, xRatio=0)


def test_row_file_list_along_x(stack: Path) -> None:
    joined = ZImg([stack, stack], Dimension.X, False)
    expected = np.concatenate([array(1, 3, 4, 5)] * 2, axis=-1)
    np.testing.assert_array_equal(joined.data[0], expected)


def test_row_time_stamps_of_a_list() -> None:
    assert ZImg([array(1, 1, 2, 2)] * 3).info.timeStamps == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("setter", "value"),
    [
        *(("setZToXYRatio", bad) for bad in (0.0, -1.0, float("nan"), float("inf"))),
        *(("setSignalDownsampleRatio", bad) for bad in ([0, 1, 1], [1, 1])),
    ],
)
def test_row_bad_numbers_in_workers(setter: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"atio must"):
        getattr(ZNeutubeAutoTrace(), setter)(value)


def test_row_cycle_in_a_tree(written: Callable[[str], Path]) -> None:
    with pytest.raises(ZException, match="cycle: 1 -> 2 -> 1"):
        ZSwc(written("1 1 0 0 0 1 2\n2 1 1 0 0 1 1\n"))


def test_row_pyramidal_forest(written: Callable[[str], Path]) -> None:
    tree = ZSwc(written("1 1 0 0 0 6 -1\n2 1 3 0 0 1 -1\n"))
    with pytest.raises(ValueError, match="one tree, got 2"):
        tree.resortPyramidal()


@pytest.mark.parametrize(
    ("start", "end"), [((0, 0, 0, 0, 5), (-1, -1, -1, -1, 9)), ((4, 0, 0, 0, 0), (2,) + (-1,) * 4)]
)
def test_row_region_outside_of_the_file(start: Any, end: Any, stack: Path) -> None:
    with pytest.raises(ZException, match="Invalid image region"):
        ZImg.readImgInfo(ZImgSource(stack, ZImgRegion(start, end)))


# Answers instead of silence


def test_row_truncated_tiff(tmp_path: Path) -> None:
    path = tmp_path / "cut.tif"
    tifffile.imwrite(path, array(5, 200, 300), photometric="minisblack")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.raises(ZException, match=r"cut\.tif"):
        ZImg(path)


def test_row_planes_that_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "three.ome.tif"
    tifffile.imwrite(path, array(3, 4, 5), ome=True, metadata={"axes": "ZYX"})
    text = str(tifffile.tiffcomment(path)).replace('SizeZ="3"', 'SizeZ="4"')
    tifffile.tiffcomment(path, text.replace('PlaneCount="3"', 'PlaneCount="4"').encode())
    with pytest.raises(
        ZException, match="maps 4 planes, but the file has 3 pages; missing: z=3 c=0 t=0"
    ):
        ZImg(path)
    with pytest.warns(UserWarning, match="1 planes are missing and filled with zeros"):
        assert not zimg.read(path, errors="fill").data[0][0, 3].any()


def test_row_ome_files_outside_of_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "pointer.ome.tif"
    text = '<OME><BinaryOnly MetadataFile="../other.ome"/></OME>'
    tifffile.imwrite(path, array(4, 5), description=text, metadata=None)
    with pytest.raises(ZException, match=r"'\.\./other\.ome', which is outside its folder"):
        ZImg(path)


def test_row_projects_outside_of_the_folder(tmp_path: Path) -> None:
    pytest.importorskip("liffile")
    with pytest.raises(ZException, match="'/etc/passwd', which is outside its folder"):
        ZImg(xlef(tmp_path / "a.xlef", "/etc/passwd"))


@pytest.mark.parametrize("suffix", [".vsi", ".flex"])
def test_row_previews_in_containers(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    tifffile.imwrite(path, array(4, 5))
    assert format_to_read(path).name == "Bio-Formats"
    assert ZImg(path, format=zimg.FileFormat.Tiff).info.size == (5, 4, 1, 1, 1)


def test_row_described_stacks_that_are_short(tmp_path: Path) -> None:
    text = '{"shape": [9, 4, 5], "axes": "ZYX", "truncated": true}'
    tifffile.imwrite(tmp_path / "a.tif", array(4, 5), description=text, metadata=None)
    with pytest.raises(ZException, match="a stack of 9 planes"):
        ZImg(tmp_path / "a.tif")


def test_row_wrong_scene(stack: Path) -> None:
    with pytest.raises(ZException, match="no scene 1"):
        ZImg(stack, scene=1)


@pytest.mark.parametrize("layout", ["QZYX", "CCYX", "ZZYX", "YXYX", "AZYX"])
def test_row_unknown_layout_letters(layout: str) -> None:
    with pytest.raises(ValueError, match=layout):
        ZImg(array(2, 3, 4, 5), layout=layout)


def test_row_time_in_a_layout() -> None:
    data = array(2, 3, 4, 5)
    image = ZImg(data, layout="TZYX")
    assert image.shape == (2, 1, 3, 4, 5)
    assert all(np.shares_memory(point, data) for point in image.data)
    np.testing.assert_array_equal(image.data[1][0], data[1])


VOLUME = np.zeros((1, 4, 8, 8), np.uint8)


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({"tag": "my config"}, ValueError),
        ({"tag": "trace config", "default": {"minimalSkore": 1}}, ValueError),
        ({"tag": "trace config", "default": {"minimalScoreAuto": "much"}}, TypeError),
    ],
)
def test_row_invalid_trace_configuration(config: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"my config|minimalSkore|minimalScoreAuto"):
        zimg.trace(ZImg(VOLUME), config=config)


def test_row_missing_configuration_file(stack: Path, tmp_path: Path) -> None:
    worker = ZNeutubeAutoTrace()
    worker.setInputImagePath(str(stack))
    worker.setOutputSwcPath(str(tmp_path / "out.swc"))
    worker.setTraceConfigPath(str(tmp_path / "no.json"))
    worker.setZToXYRatio(1.0)
    with pytest.raises(ZException, match=r"no\.json"):
        worker.run()


def test_row_undefined_trace_level() -> None:
    with pytest.raises(ValueError, match=r"level.*99"):
        zimg.trace(ZImg(VOLUME), level=99)


def _noisy_neurite() -> Any:
    return neurite().volume


@pytest.mark.parametrize("level", [1, 4])
def test_row_trace_levels(level: int) -> None:
    assert len(zimg.trace(_noisy_neurite(), level=level, mode="reference"))


def test_row_crossover_test() -> None:
    overrides = {"crossoverTest": True}
    assert len(zimg.trace(_noisy_neurite(), overrides=overrides, mode="reference"))


def test_row_refit_between_chains() -> None:
    assert len(zimg.trace(_noisy_neurite(), overrides={"refit": True}, mode="reference"))


def test_row_nan_in_a_traced_volume() -> None:
    with pytest.raises(ValueError, match="finite"):
        zimg.trace(ZImg(np.full((1, 4, 8, 8), np.nan, np.float32)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1 1 0 0 0 1 -1\n1 2 9 9 9 9 -1\n", "line 2: id 1 is already used"),
        ("1 1 nan 0 0 1 -1\n", "line 1: x is not finite"),
        ("-3 1 0 0 0 1 -1\n", "line 1.*-3"),
    ],
)
def test_row_broken_trees(text: str, problem: str, written: Callable[[str], Path]) -> None:
    with pytest.raises(ZException, match=problem):
        ZSwc(written(text))


def test_row_missing_parent(written: Callable[[str], Path]) -> None:
    with pytest.warns(UserWarning, match="the parent does not exist"):
        tree = ZSwc(written("1 1 0 0 0 1 99\n"))
    assert tree[0].parentID == -1


def test_row_types_a_format_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "signed.v3draw"
    with pytest.raises(ZException, match="int16"):
        ZImg(np.full((1, 1, 2, 2), -5, np.int16)).save(path)
    assert list(tmp_path.iterdir()) == []


def test_row_default_colours() -> None:
    first, again = (ZImgInfo(1, 1, 1, 9).channelColors for _ in range(2))
    assert first == again


# Errors and arguments


def test_row_paths(stack: Path) -> None:
    assert ZImg(stack).shape == ZImg(str(stack)).shape == (1, 1, 3, 4, 5)
    assert ZImgSource([stack], 2).filenames == [str(stack)]


def test_row_read_only_and_jax_arrays() -> None:
    data = array(1, 1, 2, 2)
    data.flags.writeable = False
    assert np.shares_memory(ZImg(data).data[0], data)
    assert not ZImg(data).data[0].flags.writeable
    jnp = pytest.importorskip("jax.numpy")
    held = jnp.zeros((1, 1, 2, 2), jnp.uint8)
    assert ZImg(held).data[0] is held


@pytest.mark.parametrize("dtype", ["longdouble", "complex64", "U3", "M8[s]", "O", "i4,f4"])
def test_row_unsupported_dtypes(dtype: str) -> None:
    with pytest.raises(TypeError, match="accepted are bool"):
        ZImg(np.zeros((1, 1, 2, 2), dtype))


def test_row_byte_order() -> None:
    data = array(1, 1, 2, 2, dtype=">u2")
    np.testing.assert_array_equal(ZImg(data).data[0], data)
    assert ZImg(data).data[0].dtype.isnative
    with pytest.raises(ValueError, match="byte order"):
        ZImg(data, copy_if_needed=False)


def test_row_unknown_keywords() -> None:
    with pytest.raises(TypeError, match=r"accepts imgInfo.*got info$"):
        ZImg(array(1, 1, 2, 2), info=ZImgInfo())


def test_row_repr_of_a_fresh_worker() -> None:
    assert "ZNeutubeAutoTrace" in repr(ZNeutubeAutoTrace())


def test_row_task_file_without_keys(tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ZException, match=r"task\.json: the key 'log_file' is missing"):
        ZNeutubeAutoTrace().loadTask(str(path))


def test_row_output_path_is_checked_first(tmp_path: Path) -> None:
    worker = ZNeutubeAutoTrace()
    path = tmp_path / "broken.tif"
    path.write_bytes(b"never read")
    worker.setInputImagePath(str(path))
    with pytest.raises(ZException, match="output SWC path is empty"):
        worker.run()


def test_row_silent_import(tmp_path: Path) -> None:
    assert run("import zimg; zimg.ZImg", tmp_path) == ""


def test_row_errors_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "empty.tif"
    path.touch()
    with pytest.raises(ZException, match=r"empty\.tif") as caught:
        ZImg(path)
    assert "\n" not in str(caught.value)
    assert "errno" not in str(caught.value)


# Images and values


@pytest.mark.parametrize("name", ["torch", "jax.numpy", "array_api_strict"])
def test_row_arrays_stay_in_their_framework(name: str) -> None:
    pytest.importorskip(name)
    xp = import_module(name)
    held = xp.ones((1, 1, 2, 2), dtype=xp.float32)
    (stored,) = ZImg(held).data
    assert type(stored) is type(held)
    assert ZImg(held).device == held.device


@pytest.mark.parametrize(
    ("shape", "layout"),
    [((2, 3, 4, 5), "czyx"), ((3, 4, 5), "ZYX"), ((4, 5), "YX"), ((3, 1, 4, 5), "ZCYX")],
)
def test_row_layouts_that_change_nothing(shape: tuple[int, ...], layout: str) -> None:
    data = array(*shape)
    assert np.shares_memory(ZImg(data, layout=layout, copy_if_needed=False).data[0], data)


@pytest.mark.parametrize("dtype", [np.bool_, np.float16])
def test_row_bool_and_float16(dtype: Any) -> None:
    assert ZImg(np.zeros((1, 1, 2, 2), dtype)).dtype == dtype


def test_row_mixed_frameworks() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="the same framework"):
        ZImg([array(1, 1, 2, 2), torch.zeros((1, 1, 2, 2), dtype=torch.uint8)])


def test_row_unknown_framework() -> None:
    with pytest.raises(ValueError, match="unknown framework 'np'; use one of auto, numpy"):
        ZImg(array(1, 1, 2, 2)).to_arrays("np")


def test_row_empty_arrays() -> None:
    with pytest.raises(ValueError, match="at least one voxel"):
        ZImg(np.zeros((1, 0, 2, 2), np.uint8))


VALUES = [ZVoxelCoordinate(1, 2), col4(1, 2, 3), ZImgInfo(3, 4), ZImgRegion(), ZImgSource()]


@pytest.mark.parametrize("value", VALUES)
def test_row_values_compare_and_copy(value: Any) -> None:
    for twin in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert twin == value
        assert twin is not value
    with pytest.raises(TypeError, match="unhashable"):
        hash(value)


def test_row_lists_in_values() -> None:
    info, names = ZImgInfo(3, 4), ["a"]
    info.channelNames = names
    info.channelNames.append("b")
    assert (info.channelNames, names) == (["a", "b"], ["a"])


def test_row_coordinates_from_sequences() -> None:
    assert tuple(ZVoxelCoordinate([1, 2, 3, 4, 5])) == (1, 2, 3, 4, 5)
    assert tuple(col4(np.array([1, 2, 3, 4]))) == (1, 2, 3, 4)


def test_row_one_corner_of_a_region() -> None:
    assert ZImgRegion((1,) * 5) == ZImgRegion((1,) * 5, (-1,) * 5)
    assert ZImgRegion(end=(1,) * 5) == ZImgRegion((0,) * 5, (1,) * 5)


@pytest.mark.parametrize("value", VALUES)
def test_row_repr_of_values(value: Any) -> None:
    assert repr(value).startswith(f"{type(value).__name__}(")
    assert "\n" not in repr(value)


def imagej_info(path: Path, text: str) -> zimg.ZImgInfo:
    """What is read of two planes that ImageJ describes, a quarter of a unit wide."""
    options: dict[str, Any] = {"photometric": "minisblack", "resolution": (4, 4)}
    described = f"ImageJ=1.53t\nimages=2\n{text}"
    tifffile.imwrite(path, array(2, 4, 5), description=described, metadata=None, **options)
    return ZImg.readImgInfo(path)


def sizes(info: zimg.ZImgInfo) -> list[float]:
    return [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ]


def test_row_absent_voxel_sizes(tmp_path: Path) -> None:
    assert sizes(imagej_info(tmp_path / "a.tif", "unit=um\n")) == [0.25, 0.25, 0.25]


def test_row_negative_voxel_sizes(tmp_path: Path) -> None:
    found = imagej_info(tmp_path / "a.tif", "unit=um\nspacing=-2\n")
    assert sizes(found) == [0.25, 0.25, 2.0]


def test_row_voxel_sizes_without_a_length(tmp_path: Path) -> None:
    found = imagej_info(tmp_path / "a.tif", "unit=pixel\nspacing=2\n")
    assert sizes(found) == [0.25, 0.25, 2.0]
    assert found.voxelSizeUnit == VoxelSizeUnit.none


def test_row_units_of_imagej(tmp_path: Path) -> None:
    text = "unit=um\nzunit=nm\nspacing=500\nframes=2\nfinterval=5\ntunit=min\n"
    found = imagej_info(tmp_path / "a.tif", text)
    assert sizes(found) == pytest.approx([0.25, 0.25, 0.5])
    assert found.timeStamps == [0.0, 300.0]


def test_row_values_of_few_bits(tmp_path: Path) -> None:
    pytest.importorskip("OpenImageIO")
    (tmp_path / "a.pgm").write_text("P2\n3 1\n4095\n0 1 4095\n")
    image = ZImg(tmp_path / "a.pgm")
    assert image.data[0].ravel().tolist() == [0, 1, 4095]
    assert image.info.validBitCount == 12


def test_row_masks_as_files(tmp_path: Path) -> None:
    ZImg(np.eye(4, dtype=bool), layout="YX").save(tmp_path / "a.png")
    np.testing.assert_array_equal(ZImg(tmp_path / "a.png").data[0][0, 0], np.eye(4, dtype="u1"))


def test_row_indices_in_ome_tiff(tmp_path: Path) -> None:
    path, colors = tmp_path / "a.ome.tif", np.arange(768, dtype=np.uint16).reshape(3, 256) * 80
    sizes = 'SizeX="5" SizeY="4" SizeZ="1" SizeC="1" SizeT="1" Type="uint8"'
    text = f"<OME><Image><Pixels {sizes}><TiffData/></Pixels></Image></OME>"
    options: dict[str, Any] = {"photometric": "palette", "colormap": colors, "metadata": None}
    tifffile.imwrite(path, array(4, 5), description=text, **options)
    np.testing.assert_array_equal(ZImg(path).data[0][0, 0], array(4, 5))


def test_row_czi_packed_by_zstd(tmp_path: Path) -> None:
    czi = pytest.importorskip("pylibCZIrw.czi")
    path, pixels = tmp_path / "packed.czi", array(4, 5)
    with czi.create_czi(str(path)) as file:
        plane = {"T": 0, "Z": 0, "C": 0}
        file.write(pixels[..., None], plane=plane, compression_options="zstd1:")
    np.testing.assert_array_equal(ZImg(path).data[0][0, 0], pixels)


def test_row_imagej_metadata(tmp_path: Path) -> None:
    path = tmp_path / "imagej.tif"
    metadata = {"axes": "ZYX", "spacing": 2.0, "unit": "um"}
    tifffile.imwrite(path, array(3, 4, 5), imagej=True, resolution=(4, 4), metadata=metadata)
    info = ZImg(path).info
    assert info.voxelSizeUnit == VoxelSizeUnit.um
    assert (info.voxelSizeX, info.voxelSizeZ) == pytest.approx((0.25, 2.0))


def test_row_pages_of_another_size(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(array(4, 5))
        file.write(array(2, 3))
    assert [(info.width, info.height) for info in ZImg.readImgInfos(path)] == [(5, 4), (3, 2)]


def test_row_ome_xml_in_a_tif(tmp_path: Path) -> None:
    path = tmp_path / "plain.tif"
    tifffile.imwrite(path, array(2, 3, 4, 5), ome=True, metadata={"axes": "CZYX"})
    assert ZImg(path).shape == (1, 2, 3, 4, 5)
    assert ZImg(path, format=FileFormat.Tiff).shape == (1, 1, 6, 4, 5)


# Arithmetic and geometry


def test_row_operands_stay_as_they_are() -> None:
    data = np.full((1, 1, 2, 2), 100, np.uint8)
    image = ZImg(data)
    result = image.secureDivideBy(ZImg(np.full((1, 1, 2, 2), 50, np.uint8)))
    assert (result.data[0] == 2).all()
    assert image.data[0] is data
    assert (data == 100).all()


def test_row_arithmetic_in_place() -> None:
    data = np.full((1, 1, 2, 2), 250, np.uint8)
    image = ZImg(data)
    image += 20
    assert (image.data[0] == 255).all()
    assert (data == 250).all()


def test_row_arrays_as_operands() -> None:
    data = np.zeros((1, 1, 2, 2), np.uint8)
    with pytest.raises(TypeError, match=r"ZImg"):
        ZImg(data) + data
    with pytest.raises(TypeError, match=r"ZImg|NumPy"):
        data + ZImg(data)


# Volumes: MetaImage, NRRD and NIfTI


def sized(unit: VoxelSizeUnit = VoxelSizeUnit.um, times: int = 1, dtype: Any = np.uint8) -> ZImg:
    info = ZImgInfo(1, 1, 1, 1, times)
    info.voxelSizeUnit, info.voxelSizeX, info.voxelSizeZ = unit, 0.5, 3.0
    info.timeStamps = [10.0 + 2 * time for time in range(times)]
    return ZImg([array(1, 3, 4, 5, dtype=dtype)] * times, info)


@pytest.mark.parametrize("name", ["a.mha", "a.nii.gz", "a.nrrd"])
def test_row_truncated_packed_volumes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    sized().save(path)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ZException, match="truncated"):
        ZImg(path)


@pytest.mark.parametrize("name", ["a.nii", "a.nrrd"])
def test_row_units_of_volumes(tmp_path: Path, name: str) -> None:
    sized().save(tmp_path / name)
    info = ZImg(tmp_path / name).info
    assert (info.voxelSizeUnit, info.voxelSizeX) == (VoxelSizeUnit.um, 0.5)


@pytest.mark.parametrize("name", ["a.mha", "a.nii", "a.nrrd"])
def test_row_volumes_without_a_voxel_size(tmp_path: Path, name: str) -> None:
    sized(VoxelSizeUnit.none).save(tmp_path / name)
    info = ZImg(tmp_path / name).info
    assert (info.voxelSizeUnit, info.voxelSizeX) == (VoxelSizeUnit.none, 1.0)


def test_row_scaled_values_of_32_and_64_bits(tmp_path: Path) -> None:
    sized(dtype=np.int32).save(tmp_path / "a.nii")
    data = bytearray((tmp_path / "a.nii").read_bytes())
    data[112:116] = np.float32(0.5).tobytes()  # the slope
    (tmp_path / "a.nii").write_bytes(data)
    np.testing.assert_array_equal(ZImg(tmp_path / "a.nii").data[0], array(1, 3, 4, 5) * 0.5)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_row_start_of_time_in_nifti(tmp_path: Path, name: str) -> None:
    sized(times=3).save(tmp_path / name)
    assert ZImg(tmp_path / name).info.timeStamps == [10.0, 12.0, 14.0]


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd"])
def test_row_volumes_that_are_written(tmp_path: Path, name: str) -> None:
    ZImg([array(2, 3, 4, 5)] * 2).save(tmp_path / name)
    assert ZImg(tmp_path / name).shape == (2, 2, 3, 4, 5)


def test_row_volumes_of_64_bit_integers_and_bzip2(tmp_path: Path) -> None:
    for name in ("a.nii", "a.nrrd"):
        sized(dtype=np.int64).save(tmp_path / name)
        assert ZImg(tmp_path / name).data[0].dtype == np.int64
    header = "NRRD0005\ntype: uint8\ndimension: 1\nsizes: 5\nencoding: bzip2\n\n"
    (tmp_path / "b.nrrd").write_bytes(header.encode() + bz2.compress(b"12345"))
    assert bytes(ZImg(tmp_path / "b.nrrd").data[0].reshape(-1)) == b"12345"


def test_row_a_single_plane_of_metaimage(tmp_path: Path) -> None:
    info = sized().info
    ZImg(array(1, 1, 4, 5), info).save(tmp_path / "a.mha")
    assert ZImg(tmp_path / "a.mha").info.voxelSizeZ == 3.0


def test_row_metaimage_in_two_files(tmp_path: Path) -> None:
    names = []
    for _ in range(2):
        sized().save(tmp_path / "a.mhd")
        (name,) = {path.name for path in tmp_path.iterdir()} - {"a.mhd"}
        names.append(name)
    assert names[0] != names[1]


def test_row_sizes_that_volumes_do_not_state(tmp_path: Path) -> None:
    head = "NDims = 3\nDimSize = 5 4 1\nElementType = MET_UCHAR\nElementSpacing = -0.5 0 2\n"
    (tmp_path / "a.mha").write_bytes((head + "ElementDataFile = LOCAL\n").encode() + bytes(20))
    info = ZImg(tmp_path / "a.mha").info
    assert (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ) == (0.5, 0.5, 2.0)


@pytest.mark.parametrize("suffix", [".mha", ".nrrd", ".nii"])
def test_row_position_of_volumes(tmp_path: Path, suffix: str) -> None:
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.GetImageFromArray(array(3, 4, 5))
    image.SetOrigin((1.0, -2.0, 3.0))
    sitk.WriteImage(image, str(tmp_path / f"a{suffix}"))
    assert ZImg(tmp_path / f"a{suffix}").info.position == [1.0, -2.0, 3.0]


def test_row_fourth_dimension_of_metaimage(tmp_path: Path) -> None:
    head = "NDims = 4\nDimSize = 5 4 1 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    (tmp_path / "a.mha").write_bytes(head.encode() + bytes(40))
    assert ZImg(tmp_path / "a.mha").shape == (2, 1, 1, 4, 5)


def test_row_missing_files_of_a_list(tmp_path: Path) -> None:
    head = "NDims = 3\nDimSize = 5 4 2\nElementType = MET_UCHAR\nElementDataFile = LIST\n"
    (tmp_path / "a.mhd").write_text(head + "0.raw\n1.raw\n")
    (tmp_path / "0.raw").write_bytes(bytes([7] * 20))
    with pytest.raises(ZException, match=r"missing: 1\.raw"):
        ZImg(tmp_path / "a.mhd")
    with pytest.warns(UserWarning, match=r"1\.raw"):
        filled = zimg.read(tmp_path / "a.mhd", errors="fill").data[0]
    assert [plane.max() for plane in filled[0]] == [7, 0]


def test_row_scale_of_analyze_files(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    given = nibabel.Spm99AnalyzeImage(array(5, 4, 3).astype(np.float32) * 0.25, np.eye(4))
    given.set_data_dtype(np.int16)
    nibabel.save(given, tmp_path / "a.img")
    found = ZImg(tmp_path / "a.hdr").data[0][0]
    np.testing.assert_allclose(found, array(5, 4, 3).T * 0.25, atol=1e-3)


def test_row_counts_that_a_header_claims(tmp_path: Path) -> None:
    head = "NDims = 2\nDimSize = 5 4\nElementType = MET_UCHAR\nElementNumberOfChannels = {}\n"
    for count, match in ((10**9, "truncated"), (70_000, "truncated")):
        text = head.format(count) + "ElementDataFile = LOCAL\n"
        (tmp_path / "a.mha").write_bytes(text.encode() + bytes(20))
        with pytest.raises(ZException, match=match):
            ZImg(tmp_path / "a.mha")


def test_row_data_files_of_headers(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "other.raw").write_bytes(bytes(20))
    header = "NDims = 2\nDimSize = 5 4\nElementType = MET_UCHAR\nElementDataFile = ../other.raw\n"
    (tmp_path / "inner" / "a.mhd").write_text(header)
    with pytest.raises(ZException, match="is outside the folder"):
        ZImg(tmp_path / "inner" / "a.mhd")


# Trees


def test_row_order_of_trees(written: Callable[[str], Path], tmp_path: Path) -> None:
    tree = ZSwc(written("7 1 0 0 0 1 -1\n5 1 1 0 0 1 7\n3 1 2 0 0 1 7\n1 1 9 9 9 1 -1\n"))
    assert [node.id for node in tree] == [7, 5, 3, 1]
    tree.save(tmp_path / "again.swc")
    assert ZSwc(tmp_path / "again.swc") == tree


def test_row_comments_in_trees(written: Callable[[str], Path], tmp_path: Path) -> None:
    tree = ZSwc(written("# from cell 12\n1 1 0 0 0 1 -1\n"))
    tree.save(tmp_path / "again.swc")
    assert "from cell 12" in "".join(ZSwc(tmp_path / "again.swc").comments)


def test_row_saving_what_cannot_be_read(tmp_path: Path) -> None:
    tree = ZSwc.from_arrays([[0.0, 0.0, 0.0]], [1.0], [-1])
    tree.xyz[0, 0] = np.nan
    with pytest.raises(ZException, match="finite"):
        tree.save(tmp_path / "nan.swc")
    assert not (tmp_path / "nan.swc").exists()


def test_row_nodes_of_a_tree(written: Callable[[str], Path]) -> None:
    tree = ZSwc(written("1 1 0 0 0 1 -1\n2 1 3 4 0 1 1\n"))
    assert (len(tree), tree[1].x, tree.total_length(), list(tree.roots)) == (2, 3.0, 5.0, [0])


def test_row_resizing_gives_a_new_image() -> None:
    image = ZImg(np.full((1, 4, 6, 6), 7, np.uint8))
    taken = np.asarray(image.data[0])
    for result in (
        image.resize(3, 3, 2),
        image.zoom(0.5, 0.5, 0.5),
        image.blockDownsample(2, 2, 2, ImgMergeMode.Mean),
    ):
        assert result.shape == (1, 1, 2, 3, 3)
        assert image.shape == (1, 1, 4, 6, 6)
        assert np.unique(taken).tolist() == np.unique(result.data[0]).tolist() == [7]


def test_row_sizes_and_blocks_of_zero() -> None:
    image = ZImg(array(1, 1, 4, 4))
    with pytest.raises(ValueError, match="at least 1"):
        image.resize(0, 4, 1)
    with pytest.raises(ValueError, match="above 0"):
        image.zoom(0, 1)
    with pytest.raises(ValueError, match="at least 1"):
        image.blockDownsample(0, 1, 1, ImgMergeMode.Mean)
    with pytest.raises(ValueError, match="empty"):
        ZImg().resize(1, 1, 1)


def test_row_smallest_voxels_of_blocks() -> None:
    smallest = ZImg(array(1, 1, 4, 4)).blockDownsample(2, 2, 1, ImgMergeMode.Min)
    assert smallest.data[0].ravel().tolist() == [0, 2, 8, 10]


def test_row_means_of_64_bits() -> None:
    row = [2**63 - 1, 2**63 - 1, 2**53 + 1, 2**53 + 1]
    image = ZImg(np.array(row, np.int64).reshape(1, 1, 1, 4))
    for mode in (ImgMergeMode.Mean, ImgMergeMode.Median):
        found = image.blockDownsample(2, 1, 1, mode).data[0]
        assert found.ravel().tolist() == [2**63 - 1, 2**53 + 1]


# TIFF and OME-TIFF that are written


def tiff_image(*shape: int) -> ZImg:
    info = ZImgInfo(1, 1, 1, shape[1], shape[0])
    info.voxelSizeUnit, info.voxelSizeZ = VoxelSizeUnit.um, 2.0
    info.timeStamps = [3.0 + time * time for time in range(shape[0])]
    info.channelNames = [f"name {channel}" for channel in range(shape[1])]
    info.channelColors = [col4(1, 2, 3, 4)] * shape[1]
    return ZImg(array(*shape), info, layout="TCZYX")


def test_row_plain_tiff_keeps_what_it_can(tmp_path: Path) -> None:
    image = tiff_image(3, 2, 2, 4, 5)
    image.save(tmp_path / "a.tif")
    again = ZImg(tmp_path / "a.tif")
    expected = image.info.copy()
    expected.validBitCount = 8
    assert again.info == expected
    pages = ZImg(tmp_path / "a.tif", format=FileFormat.Tiff)
    assert pages.shape == (1, 1, 12, 4, 5)


def test_row_channels_of_a_plain_tiff(tmp_path: Path) -> None:
    for channels, samples in ((1, 1), (2, 1), (3, 3), (4, 1), (5, 1)):
        ZImg(array(channels, 1, 8, 9)).save(tmp_path / "a.tif")
        with tifffile.TiffFile(tmp_path / "a.tif") as file:
            assert file.pages.first.samplesperpixel == samples
            assert len(file.pages) == channels // samples


def test_row_small_planes_in_tiff(tmp_path: Path) -> None:
    for name in ("a.tif", "a.ome.tif"):
        ZImg(array(1, 1, 20, 30)).save(tmp_path / name)
        with tifffile.TiffFile(tmp_path / name) as file:
            assert not file.pages.first.is_tiled
            assert file.pages.first.rowsperstrip == 20


def test_row_levels_of_an_ome_tiff(tmp_path: Path) -> None:
    data = array(1, 1, 2, 1024, dtype=np.uint16)
    ZImg(data).save(tmp_path / "a.ome.tif")
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        smaller = file.series[0].levels[1]
        means = data.reshape(2, 512, 2).mean(axis=(0, 2))
        np.testing.assert_array_equal(smaller.asarray()[0], np.floor(means + 0.5))
        assert smaller.keyframe.predictor == 2


def test_row_colours_of_an_ome_tiff(tmp_path: Path) -> None:
    tiff_image(1, 1, 1, 4, 5).save(tmp_path / "a.ome.tif")
    assert f'Color="{0x01020304}"' in tifffile.tiffcomment(tmp_path / "a.ome.tif")
    assert ZImg(tmp_path / "a.ome.tif").info.channelColors == [col4(1, 2, 3, 4)]


def test_row_time_stamps_of_an_ome_tiff(tmp_path: Path) -> None:
    tiff_image(3, 1, 1, 4, 5).save(tmp_path / "a.ome.tif")
    assert ZImg(tmp_path / "a.ome.tif").info.timeStamps == [3.0, 4.0, 7.0]


def test_row_compressions_of_tiff(tmp_path: Path) -> None:
    image, data = ZImg(array(3, 1, 30, 40)), array(3, 1, 30, 40)
    for name in ("T85", "T43", "DCS"):
        with pytest.raises(ZException, match=f"not {name}"):
            image.save(tmp_path / "a.tif", paras=zimg.ZImgWriteParameters(Compression[name]))
    for name in ("JP2000", "WEBP"):
        image.save(tmp_path / "a.tif", paras=zimg.ZImgWriteParameters(Compression[name]))
        np.testing.assert_array_equal(ZImg(tmp_path / "a.tif").data[0], data)
    sizes = []
    for level in (0, 9):
        deflate = zimg.ZImgWriteParameters(Compression.DEFLATE, zlibCompressionLevel=level)
        image.save(tmp_path / "a.tif", paras=deflate)
        sizes.append((tmp_path / "a.tif").stat().st_size)
    assert sizes[0] > sizes[1]


def test_row_size_of_a_bigtiff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zimg.io.formats.tiff.paging.BIG", 50_000)
    for compression, big in ((Compression.NONE, False), (Compression.LZW, True)):
        packed = zimg.ZImgWriteParameters(compression)
        ZImg(array(1, 1, 200, 200)).save(tmp_path / "a.tif", paras=packed)
        with tifffile.TiffFile(tmp_path / "a.tif") as file:
            assert file.is_bigtiff == big


def test_row_a_named_format_and_the_suffix(tmp_path: Path) -> None:
    ZImg(array(1, 1, 4, 5)).save(tmp_path / "noext", FileFormat.OmeTiff)
    np.testing.assert_array_equal(ZImg(tmp_path / "noext").data[0], array(1, 1, 4, 5))


class OtherSlices(zimg.ZImgSliceProvider):
    """Announces two planes of 4 x 5 and gives a smaller second one."""

    def imgInfo(self) -> ZImgInfo:  # noqa: N802 (the name of the reference)
        return ZImgInfo(5, 4, 2)

    def slice(self, z: int, t: int) -> ZImg:  # noqa: ARG002
        return ZImg(array(1, 1, 4 - z, 5))


def test_row_slices_that_are_not_as_announced(tmp_path: Path) -> None:
    for name in ("a.tif", "a.ome.tif"):
        with pytest.raises(ZException, match=r"slice\(1, 0\) returned"):
            ZImg.writeImg(tmp_path / name, OtherSlices())
    assert not list(tmp_path.iterdir())


def test_row_saving_that_fails(tmp_path: Path) -> None:
    image = ZImg(array(1, 2, 4, 5))
    for name in ("a.tif", "a.ome.tif"):
        image.save(tmp_path / name)
        with pytest.raises(ZException, match=r"slice\(1, 0\) returned"):
            ZImg.writeImg(tmp_path / name, OtherSlices())
        np.testing.assert_array_equal(ZImg(tmp_path / name).data[0], image.data[0])
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.ome.tif", "a.tif"]


def test_row_subtraction_order() -> None:
    xyz = [[0, 0, 0], [40, 0, 0], [9, 9, 0], [41, 0, 0]]
    tree = ZSwc.from_arrays(xyz, 1, [-1, 0, 1, 0])
    ball = ZSwc.from_arrays([[40, 0, 0]], 3, [-1])
    assert zimg.subtract(tree, ball).xyz[:, 0].tolist() == [0, 9]
    assert zimg.subtract(tree, ball, legacy_order=True).xyz[:, 0].tolist() == [0, 41, 9]


def test_row_negative_radius_subtracts() -> None:
    tree = ZSwc.from_arrays([[0, 0, 0], [1, 0, 0]], 1, [-1, 0])
    ball = ZSwc.from_arrays([[0, 0, 0]], -2, [-1])
    with pytest.warns(UserWarning, match="1 of 1 radius is negative, that is unknown"):
        left = zimg.subtract(tree, ball)
    assert left.xyz[:, 0].tolist() == [1]


def test_row_options_that_do_nothing(tmp_path: Path) -> None:
    level = zimg.ZImgWriteParameters(zlibCompressionLevel=9)
    with pytest.raises(
        ZException, match="TIFF with compression LZW has no option zlibCompressionLevel"
    ):
        ZImg(array(1, 1, 4, 5)).save(tmp_path / "a.tif", paras=level)
    with pytest.raises(
        ZException, match=r"has no option jpegQuality .*; it has zlibCompressionLevel"
    ):
        ZImg(array(1, 1, 4, 5)).save(
            tmp_path / "a.png", paras=zimg.ZImgWriteParameters(jpegQuality=50)
        )
    assert not list(tmp_path.iterdir())


def test_row_progressive_jpeg(tmp_path: Path) -> None:
    assert not zimg.ZImgWriteParameters().jpegProgressive
    image, path = ZImg(array(1, 1, 20, 30)), tmp_path / "a.jpg"
    image.save(path)
    assert b"\xff\xc2" not in path.read_bytes()
    with pytest.raises(ZException, match="no option jpegAccurateDCT"):
        image.save(path, paras=zimg.ZImgWriteParameters(jpegAccurateDCT=False))
    pytest.importorskip("OpenImageIO")
    image.save(path, paras=zimg.ZImgWriteParameters(jpegProgressive=True))
    assert b"\xff\xc2" in path.read_bytes()


def test_row_axes_by_tifffile(tmp_path: Path) -> None:
    data = array(2, 3, 4, 5)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="minisblack", metadata={"axes": "TZYX"})
    assert ZImg(tmp_path / "a.tif").shape == (2, 1, 3, 4, 5)
    assert ZImg(tmp_path / "a.tif", format=zimg.FileFormat.Tiff).shape == (1, 1, 6, 4, 5)
