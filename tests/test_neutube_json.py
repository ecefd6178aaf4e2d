"""The presets: names, texts, copies, and the values that neuTube ships."""

import json
from pathlib import Path

import pytest

from zimg import neutube_json

CONSTANTS = [
    "COMMAND_CONFIG",
    "COMMAND_CONFIG_MB",
    "FLYEM_SKELETONIZE",
    "SKELETONIZE",
    "SKELETONIZE_FIB25_LEN40",
    "SKELETONIZE_MB",
    "SKELETONIZE_MB_LEN40",
    "TRACE",
    "TRACE_CONFIG",
    "TRACE_CONFIG_BIOCYTIN",
]


@pytest.mark.parametrize("constant", CONSTANTS)
def test_a_constant_its_text_and_the_mappings_agree(constant: str) -> None:
    preset = getattr(neutube_json, constant)
    text = getattr(neutube_json, f"{constant}_TEXT")
    name = f"{constant.lower()}.json"
    assert json.loads(text) == preset
    assert text == json.dumps(preset, indent=2) + "\n"
    assert neutube_json.PARSED_BY_NAME[name] is preset
    assert neutube_json.RAW_TEXT_BY_NAME[name] == text
    assert neutube_json.get_preset_text(name) == text


def test_the_names_are_the_ten_files_in_order() -> None:
    names = tuple(sorted(f"{constant.lower()}.json" for constant in CONSTANTS))
    assert names == neutube_json.ALL_PRESET_NAMES
    assert names == neutube_json.PARSED_PRESET_NAMES
    assert neutube_json.TEXT_ONLY_PRESET_NAMES == ()


def test_the_mappings_cannot_be_written_to() -> None:
    with pytest.raises(TypeError):
        neutube_json.PARSED_BY_NAME["mine.json"] = {}  # type: ignore[index]
    with pytest.raises(TypeError):
        neutube_json.RAW_TEXT_BY_NAME["mine.json"] = ""  # type: ignore[index]


def test_get_preset_returns_a_copy_down_to_the_levels() -> None:
    neutube_json.get_preset("trace_config.json")["level"]["1"]["recover"] = 99
    assert neutube_json.TRACE_CONFIG["level"]["1"]["recover"] == 0


def test_the_trace_presets_share_no_level() -> None:
    levels = neutube_json.TRACE_CONFIG["level"], neutube_json.TRACE_CONFIG_BIOCYTIN["level"]
    assert levels[0] == levels[1]
    assert levels[0]["1"] is not levels[1]["1"]


def test_an_unknown_preset_is_refused_with_the_names() -> None:
    for function in (neutube_json.get_preset, neutube_json.get_preset_text):
        with pytest.raises(KeyError, match=r"Unknown preset 'x'. Known presets: \('command_config"):
            function("x")


def test_write_preset_makes_folders_and_returns_the_path(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b.json"
    assert neutube_json.write_preset("trace.json", str(target)) == target
    assert target.read_bytes() == neutube_json.TRACE_TEXT.encode()


def test_write_preset_writes_nothing_for_an_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        neutube_json.write_preset("x", tmp_path / "a" / "b.json")
    assert list(tmp_path.iterdir()) == []


def test_the_trace_presets_have_the_values_of_neutube() -> None:
    common = {
        "minimalScore2d": 0.5,
        "refit": False,
        "spTest": False,
        "crossoverTest": False,
        "tuneEnd": True,
        "edgePath": False,
        "enhanceMask": False,
        "seedMethod": 1,
        "maxEucDist": 10,
    }
    scores = ("minimalScoreAuto", "minimalScoreManual", "minimalScoreSeed")
    shipped = {
        "trace_config.json": (0.3, 0.3, 0.35, 1),
        "trace_config_biocytin.json": (0.2, 0.2, 0.25, 0),
    }
    for name, (*values, recover) in shipped.items():
        preset = neutube_json.get_preset(name)
        expected = common | dict(zip(scores, values, strict=True)) | {"recover": recover}
        assert preset["default"] == expected
        assert list(preset["default"])[:3] == list(scores)
        assert list(preset) == ["tag", "default", "level"]
        assert list(preset["level"]) == list("123456")
        assert preset["level"]["6"] == {
            "seedMethod": 2,
            "spTest": True,
            "enhanceMask": True,
            "recover": 1,
            "refit": True,
        }


@pytest.mark.parametrize(
    ("constant", "interval"),
    [
        ("FLYEM_SKELETONIZE", 7),
        ("SKELETONIZE_MB", 7),
        ("SKELETONIZE_MB_LEN40", 4),
        ("SKELETONIZE_FIB25_LEN40", 3),
    ],
)
def test_the_presets_for_electron_microscopy_differ_in_their_interval(
    constant: str, interval: int
) -> None:
    assert getattr(neutube_json, constant) == {
        "downsampleInterval": [interval] * 3,
        "minimalLength": 40,
        "keepingSingleObject": True,
        "minimalObjectSize": 128,
        "fillingHole": True,
        "rebase": True,
        "maximalDistance": 50,
    }


def test_the_skeleton_preset_keeps_the_order_of_its_keys() -> None:
    assert list(neutube_json.SKELETONIZE.items()) == [
        ("downsampleInterval", [0, 0, 0]),
        ("minimalLength", 40),
        ("finalMinimalLength", 0),
        ("keepingSingleObject", True),
        ("rebase", True),
        ("fillingHole", True),
        ("maximalDistance", 100),
    ]
