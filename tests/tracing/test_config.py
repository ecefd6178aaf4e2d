"""Options of tracing: types, and how presets, levels and overrides combine."""

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zimg import neutube_json
from zimg._errors import ZException
from zimg.tracing.config import ACCEPTED_TAGS, TraceConfig, check_config, resolve_config

PRESET = TraceConfig(spTest=False, recover=1, maxEucDist=10.0)


def with_default(**options: Any) -> dict[str, Any]:
    return {"tag": "trace config", "default": options}


def test_no_configuration_means_the_compiled_defaults() -> None:
    assert resolve_config(None) == TraceConfig()
    assert (TraceConfig().spTest, TraceConfig().recover, TraceConfig().maxEucDist) == (True, 2, 20)


def test_the_shipped_preset_differs_in_three_options() -> None:
    assert resolve_config(neutube_json.TRACE_CONFIG) == PRESET


@pytest.mark.parametrize("name", ["trace_config_biocytin", "trace_config_biocytin.json"])
def test_a_preset_is_found_by_its_name(name: str) -> None:
    assert resolve_config(name) == resolve_config(neutube_json.TRACE_CONFIG_BIOCYTIN)


def test_a_file_is_read_and_preferred_to_a_preset_of_the_same_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("trace_config").write_text(json.dumps(with_default(minimalScoreAuto=0.7)))
    assert resolve_config("trace_config").minAutoScore == 0.7
    assert resolve_config(tmp_path / "trace_config").minAutoScore == 0.7


@pytest.mark.parametrize("tag", ACCEPTED_TAGS)
def test_each_accepted_tag_is_accepted_bare_and_wrapped(tag: str) -> None:
    config = {"tag": tag, "default": {"recover": 5}}
    assert resolve_config(config).recover == 5
    assert resolve_config({"trace": config, "skeletonize": {}}).recover == 5


@pytest.mark.parametrize("config", [{}, {"tag": "tracing"}, neutube_json.TRACE, {"trace": {}}])
def test_a_missing_or_unknown_tag_is_refused_with_the_accepted_ones(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"tag .*; accepted: 'trace configuration'"):
        resolve_config(config)


@pytest.mark.parametrize(
    "config",
    [
        with_default(minAutoScore=0.2),
        {"tag": "trace config", "levels": {}},
        {"tag": "trace config", "level": {"2": {"recovr": 1}}},
    ],
)
def test_an_unknown_key_is_refused_wherever_it_stands(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unknown key '\w+' \(value .*\) in .*; accepted: "):
        resolve_config(config)


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("minimalScoreAuto", "0.3", "float"),
        ("minimalScoreAuto", None, "float"),
        ("maxEucDist", True, "a number"),
        ("recover", 1.0, "int"),
        ("recover", False, "a number"),
        ("refit", 1, "bool"),
        ("refit", "false", "bool"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_key_and_value(
    key: str, value: object, wanted: str
) -> None:
    message = f"{key} in default must be {wanted}, not {value!r}"
    with pytest.raises(TypeError, match=message.replace("(", r"\(")):
        resolve_config(with_default(**{key: value}))


@pytest.mark.parametrize("section", [5, [], "default"])
def test_a_section_that_is_no_object_is_refused(section: object) -> None:
    with pytest.raises(TypeError, match="must be a JSON object"):
        resolve_config({"tag": "trace config", "default": section})
    with pytest.raises(TypeError, match="must be a JSON object"):
        resolve_config({"tag": "trace config", "level": {"1": section}})


def test_a_level_is_applied_over_the_default_section() -> None:
    third = resolve_config(neutube_json.TRACE_CONFIG, level=3)
    assert third == TraceConfig(spTest=True, recover=1, maxEucDist=10.0, seedMethod=2)


@pytest.mark.parametrize("level", [7, -1])
def test_a_level_that_is_not_there_is_refused_with_those_that_are(level: int) -> None:
    with pytest.raises(ValueError, match=f"no level {level}; levels: 0, 1, 2, 3, 4, 5, 6"):
        resolve_config(neutube_json.TRACE_CONFIG, level=level)


def test_overrides_replace_all_options_or_only_those_that_a_mapping_names() -> None:
    whole = TraceConfig(minAutoScore=0.9)
    assert resolve_config(neutube_json.TRACE_CONFIG, overrides=whole) == whole
    some = resolve_config(neutube_json.TRACE_CONFIG, overrides={"minAutoScore": 0.9})
    assert asdict(some) == asdict(PRESET) | {"minAutoScore": 0.9}


def test_the_result_is_not_the_overrides_themselves() -> None:
    overrides = TraceConfig()
    resolve_config(None, overrides=overrides).recover = 7
    assert overrides.recover == 2


def test_overrides_with_an_unknown_name_or_type_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'minimalScoreAuto'.* in overrides; accepted: minAuto"):
        resolve_config(None, overrides={"minimalScoreAuto": 0.1})
    with pytest.raises(TypeError, match="recover must be int, not 'no'"):
        resolve_config(None, overrides={"recover": "no"})


def test_options_themselves_are_a_configuration_without_levels() -> None:
    options = TraceConfig(recover=7)
    assert resolve_config(options) == options
    assert resolve_config(options) is not options
    with pytest.raises(ValueError, match="no level 1; levels: 0"):
        resolve_config(options, level=1)


def test_an_existing_tree_switches_recovery_off_whatever_else_is_set() -> None:
    result = resolve_config(None, overrides=TraceConfig(recover=9), existing_tree=True)
    assert result.recover == 0


def test_a_file_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    with pytest.raises(ZException, match=r"nowhere\.json is neither a file nor a preset"):
        resolve_config(tmp_path / "nowhere.json")
    broken = tmp_path / "broken.json"
    broken.write_text("{'tag': 1}")
    with pytest.raises(ZException, match=r"broken\.json is not JSON: "):
        resolve_config(broken)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(ZException, match=r"broken\.json is not JSON: "):
        resolve_config(broken)
    broken.write_text("[]")
    with pytest.raises(TypeError, match=r"broken\.json of a trace .* must be a JSON object"):
        resolve_config(broken)
    with pytest.raises(ZException, match="Could not read trace configuration"):
        resolve_config(tmp_path)


def test_what_is_no_configuration_is_refused() -> None:
    with pytest.raises(TypeError, match="config must be a dict, a file or a preset's name, not 5"):
        resolve_config(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("preset", [neutube_json.TRACE_CONFIG, neutube_json.TRACE_CONFIG_BIOCYTIN])
@pytest.mark.parametrize("level", range(7))
def test_every_level_of_the_presets_is_offered(preset: dict[str, Any], level: int) -> None:
    check_config(resolve_config(preset, level=level))


@pytest.mark.parametrize(
    ("option", "value"),
    [("seedMethod", 0), ("seedMethod", 3), ("maxEucDist", -1.0), ("chainScreenCount", -1)],
)
def test_a_value_out_of_range_is_named(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{option} must be .*got {value}"):
        check_config(resolve_config(None, overrides={option: value}))


def test_assignment_accepts_the_type_of_the_option_and_converts_numbers() -> None:
    config = TraceConfig()
    config.minAutoScore = 1
    config.recover = np.int64(3)  # type: ignore[assignment]
    config.maxEucDist = np.float32(2.5)  # type: ignore[assignment]
    assert (config.minAutoScore, config.recover, config.maxEucDist) == (1.0, 3, 2.5)
    assert [type(getattr(config, field.name)) for field in fields(config)] == [
        field.type for field in fields(config)
    ]


@pytest.mark.parametrize(
    ("option", "value"),
    [("refit", 1), ("refit", None), ("recover", 1.0), ("recover", "1"), ("minAutoScore", "0.3")],
)
def test_assignment_refuses_another_type_and_keeps_the_value(option: str, value: object) -> None:
    config = TraceConfig()
    with pytest.raises(TypeError, match=f"{option} must be "):
        setattr(config, option, value)
    assert config == TraceConfig()


def test_an_option_that_does_not_exist_cannot_be_assigned() -> None:
    with pytest.raises(AttributeError, match="no option 'minScore'; options: minAutoScore"):
        TraceConfig().minScore = 0.1


def test_ranges_are_not_checked() -> None:
    assert TraceConfig(seedMethod=-1).seedMethod == -1
