"""Options of automatic tracing: the record users edit, and how presets and overrides combine."""

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from numbers import Real
from pathlib import Path
from typing import Any

from zimg import neutube_json
from zimg._errors import ZException
from zimg._json import loads


@dataclass(slots=True)
class TraceConfig:
    """Options of automatic tracing, with the compiled defaults of the reference.

    The shipped preset ``TRACE_CONFIG`` differs: `spTest` False, `recover` 1, `maxEucDist` 10.
    Assigning a value of another type raises TypeError, NaN ValueError, an unknown name
    AttributeError; ranges are checked when tracing starts.

    Attributes
    ----------
    minAutoScore, minManualScore, minSeedScore, min2dScore
        Smallest score (correlation of a tube with the signal) that automatic tracing, tracing from
        a point, a seed, and tracing in a single plane accept.
    refit
        Where a chain stops growing, shorten its end segment and try once more in other directions.
    spTest
        Test each connection of two chains by the shortest path through the signal.
    crossoverTest
        Where two chains hang on a third from opposite sides, join them to each other: the halves of
        a neurite that crosses another.
    tuneEnd
        Fit the two ends of every chain more carefully.
    edgePath
        `zimg.trace_path` follows the edges of structures instead of their middle. Automatic tracing
        does not use it.
    enhanceMask
        Seek seeds also where a filter for tubes of several widths answers.
    seedMethod
        1: seeds at maxima of the distance from the background; 2: every few voxels along the middle
        lines of the mask as well.
    recover
        Above 0: trace again from what the first pass left over. Accurate tracing does not need it:
        its next level recovers what the one before left over.
    chainScreenCount
        Above 0: when there are more chains than that, drop the poor ones.
    maxEucDist
        Largest gap between chains that is bridged, in voxels of the x, y plane.
    """

    minAutoScore: float = 0.3
    minManualScore: float = 0.3
    minSeedScore: float = 0.35
    min2dScore: float = 0.5
    refit: bool = False
    spTest: bool = True
    crossoverTest: bool = False
    tuneEnd: bool = True
    edgePath: bool = False
    enhanceMask: bool = False
    seedMethod: int = 1
    recover: int = 2
    chainScreenCount: int = 0
    maxEucDist: float = 20.0

    def __setattr__(self, name: str, value: object) -> None:
        """Store `value` if there is an option `name` and the type is right."""
        if name not in _KINDS:
            raise AttributeError(
                f"TraceConfig has no option {name!r}; options: {', '.join(_KINDS)}"
            )
        object.__setattr__(self, name, _checked(name, value))


_KINDS: dict[str, type] = {field.name: field.type for field in fields(TraceConfig)}  # type: ignore[misc]

_FIELD_OF_KEY = {
    "minimalScoreAuto": "minAutoScore",
    "minimalScoreManual": "minManualScore",
    "minimalScoreSeed": "minSeedScore",
    "minimalScore2d": "min2dScore",
} | {name: name for name in _KINDS if "Score" not in name}
"""Key in a configuration file to attribute of `TraceConfig`."""

SEED_METHODS = (1, 2)

ACCEPTED_TAGS = ("trace configuration", "trace_configuration", "trace config", "trace_config")
"""Accepted values of ``"tag"`` in a trace configuration (behaviour of the reference)."""

Config = Mapping[str, Any] | TraceConfig | str | Path | None


def resolve_config(
    config: Config,
    *,
    level: int = 0,
    overrides: TraceConfig | Mapping[str, Any] | None = None,
    existing_tree: bool = False,
) -> TraceConfig:
    """Combine a configuration, one of its levels and overrides into the options of one run.

    Parameters
    ----------
    config
        ``{"tag": ..., "default": {...}, "level": {"1": {...}, ...}}``, possibly inside
        ``{"trace": ...}``; or the path of a JSON file with that content; or the name of a preset
        of :mod:`zimg.neutube_json`, unless a file has that name; or the options themselves; None
        means the compiled defaults.
    level
        0, or the name of an entry under ``"level"``, which is applied over ``"default"``.
    overrides
        A `TraceConfig` replaces **all** options; a mapping of attribute names replaces only those.
    existing_tree
        True if the image already has a tree, which disables recovery.

    Raises
    ------
    ValueError
        For a missing or unknown tag, an unknown key or attribute, or a level that is not there. The
        reference ignores the whole configuration, the key, or takes another level, in silence.
    TypeError
        For a value of the wrong type, which the reference ignores.
    ZException
        If the file cannot be read or is not JSON.
    """
    result = replace(config) if isinstance(config, TraceConfig) else TraceConfig()
    levels: dict[str, dict[str, Any]] = {}
    if config is not None and not isinstance(config, TraceConfig):
        default, levels = _sections(load_config(config))
        result = replace(result, **default)
    if level != 0:
        result = replace(result, **_level(levels, level))
    if isinstance(overrides, TraceConfig):
        result = replace(overrides)
    elif overrides is not None:
        _require(overrides, _KINDS, "overrides")
        result = replace(result, **overrides)
    return replace(result, recover=0) if existing_tree else result


def check_config(config: TraceConfig) -> None:
    """Refuse values that no option has.

    Raises
    ------
    ValueError
        For a `seedMethod` other than 1 and 2, and a negative `maxEucDist` or `chainScreenCount`.
    """
    if config.seedMethod not in SEED_METHODS:
        raise ValueError(f"seedMethod must be 1 or 2, got {config.seedMethod}")
    if not config.maxEucDist >= 0.0:
        raise ValueError(f"maxEucDist must be a distance from 0, got {config.maxEucDist}")
    if config.chainScreenCount < 0:
        raise ValueError(f"chainScreenCount must be 0 or above, got {config.chainScreenCount}")


def load_config(config: Mapping[str, Any] | str | Path) -> Mapping[str, Any]:
    """Return the content of a configuration given as a mapping, a JSON file or a preset's name.

    Raises
    ------
    ZException
        If there is no such file or preset, or the file cannot be read or is not JSON.
    TypeError
        If `config` has another type, or the file does not contain a JSON object.
    """
    if isinstance(config, Mapping):
        return config
    if not isinstance(config, str | Path):
        raise TypeError(f"config must be a dict, a file or a preset's name, not {config!r}")
    path = Path(config)
    preset = path.name.lower().removesuffix(".json") + ".json"
    if not path.exists() and path.name == str(config) and preset in neutube_json.PARSED_BY_NAME:
        return neutube_json.get_preset(preset)
    try:
        content = loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        presets = "trace_config, trace_config_biocytin"
        raise ZException(f"{path} is neither a file nor a preset; presets: {presets}") from None
    except OSError as error:
        raise ZException(f"Could not read trace configuration {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ZException(f"Trace configuration {path} is not JSON: {error}") from None
    return _object(content, str(path))


def _sections(config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the default section and all levels, checked, with attribute names as keys."""
    if "tag" not in config and isinstance(config.get("trace"), Mapping):
        config = config["trace"]
    tag = config.get("tag")
    if tag not in ACCEPTED_TAGS:
        accepted = ", ".join(map(repr, ACCEPTED_TAGS))
        raise ValueError(f"trace configuration has tag {tag!r}; accepted: {accepted}")
    _require(config, ("tag", "default", "level"), "trace configuration")
    default = _options(config.get("default", {}), "default")
    levels = _object(config.get("level", {}), "level")
    return default, {name: _options(value, f"level {name}") for name, value in levels.items()}


def _options(section: object, where: str) -> dict[str, Any]:
    entries = _object(section, where)
    _require(entries, _FIELD_OF_KEY, where)
    for key, value in entries.items():
        if isinstance(value, bool) and _KINDS[_FIELD_OF_KEY[key]] is not bool:
            raise TypeError(f"{key} in {where} must be a number, not {value!r}")
        _checked(_FIELD_OF_KEY[key], value, key=f"{key} in {where}")
    return {_FIELD_OF_KEY[key]: value for key, value in entries.items()}


def _level(levels: Mapping[str, dict[str, Any]], level: int) -> dict[str, Any]:
    if isinstance(level, bool) or not isinstance(level, int):
        raise TypeError(f"level must be an int, not {level!r}")
    if str(level) not in levels:
        available = ", ".join(["0", *levels])
        raise ValueError(f"the trace configuration has no level {level}; levels: {available}")
    return levels[str(level)]


def _object(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{where} of a trace configuration must be a JSON object, not {value!r}")
    return value


def _require(
    given: Mapping[str, Any], accepted: Mapping[str, Any] | tuple[str, ...], where: str
) -> None:
    for key, value in given.items():
        if key not in accepted:
            names = ", ".join(accepted)
            raise ValueError(f"unknown key {key!r} (value {value!r}) in {where}; accepted: {names}")


def _checked(name: str, value: object, *, key: str = "") -> bool | int | float:
    """Return `value` as the type of option `name`: a bool stays one, an int may become a float."""
    kind = _KINDS[name]
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and hasattr(value, "__index__"):
        return operator.index(value)
    if kind is float and isinstance(value, Real):
        if math.isnan(value):
            raise ValueError(f"{key or name} must be a number, not NaN")
        return float(value)
    raise TypeError(f"{key or name} must be {kind.__name__}, not {value!r}")
