"""Sources: the three forms of the constructor, what their fields take, and what they refuse."""

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest

from zimg import Dimension, FileFormat, ZException, ZImgRegion, ZImgSource

REGION = ZImgRegion((1, 0, 0, 0, 0), (2, 2, 2, 1, 1))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "one.tif", tmp_path / "zwei ü.tif"]
    for count, path in enumerate(paths, 3):
        path.write_bytes(b"x" * count)
    return paths


def fields(source: ZImgSource) -> dict[str, Any]:
    return {
        name: getattr(source, name) for name in ZImgSource.__dataclass_fields__ if name[0] != "_"
    }


def test_a_source_of_nothing_has_the_defaults_of_the_reference():
    assert fields(ZImgSource()) == {
        "filenames": [],
        "catDim": Dimension.Z,
        "catScenes": False,
        "region": ZImgRegion(),
        "scene": 0,
        "format": FileFormat.Unknown,
        "expandXY": True,
        "expandWithMaxValue": False,
        "totalFileSize": 0,
    }


@pytest.mark.parametrize("kind", [str, Path])
def test_one_file_is_named_by_text_or_path_by_position_or_keyword(files, kind):
    first = ZImgSource(kind(files[0]))
    assert first == ZImgSource(filename=kind(files[0]))
    assert (first.filenames, first.totalFileSize) == ([str(files[0])], 3)
    assert (first.catDim, first.catScenes) == (Dimension.Z, False)


def test_one_file_takes_region_scene_and_format_in_this_order(files):
    source = ZImgSource(files[0], REGION, 2, FileFormat.Tiff)
    assert source == ZImgSource(filename=files[0], region=REGION, scene=2, format=FileFormat.Tiff)
    assert (source.region, source.scene, source.format) == (REGION, 2, FileFormat.Tiff)


def test_a_list_takes_its_arguments_in_the_order_of_the_reference(files):
    source = ZImgSource(files, Dimension.C, False, REGION, 1, FileFormat.Tiff, False, True)
    assert list(fields(source).values()) == [
        *([str(f) for f in files], Dimension.C, False, REGION, 1, FileFormat.Tiff),
        *(False, True, 7),
    ]
    assert ZImgSource(filenames=tuple(files), catDim=2).catScenes is True
    assert ZImgSource([], Dimension.Z).filenames == []


def test_relative_names_become_absolute(files, monkeypatch):
    monkeypatch.chdir(files[0].parent)
    assert ZImgSource("one.tif").filenames == [str(files[0])]


@pytest.mark.parametrize("name", ["nowhere.tif", ""])
def test_a_file_that_is_missing_is_named(name):
    with pytest.raises(ZException, match=f"^file {name} does not exist$") as caught:
        ZImgSource(name)
    assert isinstance(caught.value, FileNotFoundError)


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        ((["{}"],), {}, "list of files takes catDim.*'catDim'"),
        (("{}",), {"catDim": Dimension.Z}, "one file takes region.*'catDim'"),
        (("{}", None, 0, 0, 0), {}, "one file takes region"),
        ((), {"scene": 1}, "nothing takes no further arguments.*'scene'"),
        (("{}",), {"filenames": ["{}"]}, "one file name, or one list"),
        ((3,), {}, "a str, a Path or a list of them, got 3"),
        (([b"{}"], 2), {}, r"file names \(str or Path\)"),
        (("{}", 5), {}, "region of ZImgSource takes a ZImgRegion, got 5"),
        (("{}", None, -1), {}, "scene of ZImgSource takes an integer of at least 0, got -1"),
        (("{}", None, 0, "Tiff"), {}, "format of ZImgSource takes a member of FileFormat"),
    ],
)
def test_other_arguments_are_refused_by_name(files, args, options, message):
    def filled(value):
        if isinstance(value, list):
            return [filled(item) for item in value]
        return str(files[0]) if value == "{}" else value

    with pytest.raises(TypeError, match=message):
        ZImgSource(*map(filled, args), **{name: filled(value) for name, value in options.items()})


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("filenames", (Path("not/looked for"), "q"), [str(Path("not/looked for")), "q"]),
        ("catDim", 3, Dimension.C),
        ("format", 3, FileFormat.Tiff),
        ("scene", 4, 4),
        ("catScenes", True, True),
        ("totalFileSize", 9, 9),
    ],
)
def test_fields_can_be_assigned(name, value, kept):
    source = ZImgSource()
    setattr(source, name, value)
    assert getattr(source, name) == kept
    assert type(getattr(source, name)) is type(kept)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("filenames", "a.tif"), ("filenames", [1]), ("catDim", "C"), ("catDim", FileFormat.Tiff)),
        *(("catScenes", 1), ("expandXY", 0), ("scene", -1), ("scene", 1.0), ("format", 99)),
        *(("region", None), ("region", ((0,) * 5, (1,) * 5)), ("totalFileSize", -3)),
    ],
)
def test_fields_refuse_what_the_reference_refuses(name, value):
    source = ZImgSource()
    with pytest.raises(TypeError, match=f"{name} of ZImgSource takes"):
        setattr(source, name, value)
    assert source == ZImgSource()


def test_an_unknown_field_cannot_be_assigned():
    with pytest.raises(AttributeError, match="no field 'channel'"):
        ZImgSource().channel = 1  # type: ignore[attr-defined]


def test_the_region_of_a_source_is_its_own_and_live():
    region = REGION.copy()
    source = ZImgSource()
    source.region = region
    region.start.x = 9
    assert source.region == REGION
    source.region.end = (7,) * 5
    assert tuple(source.region.end) == (7,) * 5


def test_sources_compare_copy_pickle_and_print_in_one_line(files):
    source = ZImgSource(files, Dimension.T)
    for twin in (source.copy(), copy.deepcopy(source), pickle.loads(pickle.dumps(source))):
        assert twin == source
        twin.region.start.x = 3
        assert twin != source
    assert "one.tif" in repr(source)
    assert "\n" not in repr(source)
    with pytest.raises(TypeError, match="unhashable"):
        hash(source)
