"""The presets of neuTube for tracing and skeletonization, as dictionaries and as JSON text.

Every preset exists twice: ``NAME`` is the dictionary, ``NAME_TEXT`` the JSON text (indent 2, final
newline). The values are those that neuTube ships (behaviour of the reference). The dictionaries are
mutable and are the very objects in `PARSED_BY_NAME`; `get_preset` returns an independent copy.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from types import MappingProxyType
from typing import Any

__all__ = [
    "ALL_PRESET_NAMES",
    "COMMAND_CONFIG",
    "COMMAND_CONFIG_MB",
    "COMMAND_CONFIG_MB_TEXT",
    "COMMAND_CONFIG_TEXT",
    "FLYEM_SKELETONIZE",
    "FLYEM_SKELETONIZE_TEXT",
    "PARSED_BY_NAME",
    "PARSED_PRESET_NAMES",
    "RAW_TEXT_BY_NAME",
    "SKELETONIZE",
    "SKELETONIZE_FIB25_LEN40",
    "SKELETONIZE_FIB25_LEN40_TEXT",
    "SKELETONIZE_MB",
    "SKELETONIZE_MB_LEN40",
    "SKELETONIZE_MB_LEN40_TEXT",
    "SKELETONIZE_MB_TEXT",
    "SKELETONIZE_TEXT",
    "TEXT_ONLY_PRESET_NAMES",
    "TRACE",
    "TRACE_CONFIG",
    "TRACE_CONFIG_BIOCYTIN",
    "TRACE_CONFIG_BIOCYTIN_TEXT",
    "TRACE_CONFIG_TEXT",
    "TRACE_TEXT",
    "get_preset",
    "get_preset_text",
    "write_preset",
]


def _trace_levels() -> dict[str, dict[str, bool | int]]:
    """Six levels of effort, each adding to the one before; both trace presets share them."""
    return {
        "1": {"seedMethod": 2, "recover": 0},
        "2": {"seedMethod": 2, "recover": 1},
        "3": {"seedMethod": 2, "spTest": True, "recover": 1},
        "4": {"seedMethod": 2, "spTest": True, "enhanceMask": True, "recover": 1},
        "5": {"seedMethod": 2, "spTest": True, "enhanceMask": True, "recover": 1},
        "6": {"seedMethod": 2, "spTest": True, "enhanceMask": True, "recover": 1, "refit": True},
    }


def _trace_preset(*, auto: float, seed: float, recover: int) -> dict[str, Any]:
    return {
        "tag": "trace configuration",
        "default": {
            "minimalScoreAuto": auto,
            "minimalScoreManual": auto,
            "minimalScoreSeed": seed,
            "minimalScore2d": 0.5,
            "refit": False,
            "spTest": False,
            "crossoverTest": False,
            "tuneEnd": True,
            "edgePath": False,
            "enhanceMask": False,
            "seedMethod": 1,
            "recover": recover,
            "maxEucDist": 10,
        },
        "level": _trace_levels(),
    }


def _electron_microscopy_preset(*, interval: int) -> dict[str, Any]:
    return {
        "downsampleInterval": [interval, interval, interval],
        "minimalLength": 40,
        "keepingSingleObject": True,
        "minimalObjectSize": 128,
        "fillingHole": True,
        "rebase": True,
        "maximalDistance": 50,
    }


COMMAND_CONFIG: dict[str, Any] = {
    "skeletonize": {"include": "skeletonize.json"},
    "trace": {"include": "trace_config.json"},
}
COMMAND_CONFIG_MB: dict[str, Any] = {
    "skeletonize": {"include": "skeletonize_mb.json"},
    "trace": {"include": "trace.json"},
}
TRACE: dict[str, Any] = {"default": "trace_config.json"}
TRACE_CONFIG: dict[str, Any] = _trace_preset(auto=0.3, seed=0.35, recover=1)
TRACE_CONFIG_BIOCYTIN: dict[str, Any] = _trace_preset(auto=0.2, seed=0.25, recover=0)
SKELETONIZE: dict[str, Any] = {
    "downsampleInterval": [0, 0, 0],
    "minimalLength": 40,
    "finalMinimalLength": 0,
    "keepingSingleObject": True,
    "rebase": True,
    "fillingHole": True,
    "maximalDistance": 100,
}
FLYEM_SKELETONIZE: dict[str, Any] = _electron_microscopy_preset(interval=7)
SKELETONIZE_MB: dict[str, Any] = _electron_microscopy_preset(interval=7)
SKELETONIZE_MB_LEN40: dict[str, Any] = _electron_microscopy_preset(interval=4)
SKELETONIZE_FIB25_LEN40: dict[str, Any] = _electron_microscopy_preset(interval=3)


def _to_text(preset: dict[str, Any]) -> str:
    return json.dumps(preset, indent=2) + "\n"


COMMAND_CONFIG_TEXT = _to_text(COMMAND_CONFIG)
COMMAND_CONFIG_MB_TEXT = _to_text(COMMAND_CONFIG_MB)
TRACE_TEXT = _to_text(TRACE)
TRACE_CONFIG_TEXT = _to_text(TRACE_CONFIG)
TRACE_CONFIG_BIOCYTIN_TEXT = _to_text(TRACE_CONFIG_BIOCYTIN)
SKELETONIZE_TEXT = _to_text(SKELETONIZE)
FLYEM_SKELETONIZE_TEXT = _to_text(FLYEM_SKELETONIZE)
SKELETONIZE_MB_TEXT = _to_text(SKELETONIZE_MB)
SKELETONIZE_MB_LEN40_TEXT = _to_text(SKELETONIZE_MB_LEN40)
SKELETONIZE_FIB25_LEN40_TEXT = _to_text(SKELETONIZE_FIB25_LEN40)

PARSED_BY_NAME: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "command_config.json": COMMAND_CONFIG,
        "command_config_mb.json": COMMAND_CONFIG_MB,
        "flyem_skeletonize.json": FLYEM_SKELETONIZE,
        "skeletonize.json": SKELETONIZE,
        "skeletonize_fib25_len40.json": SKELETONIZE_FIB25_LEN40,
        "skeletonize_mb.json": SKELETONIZE_MB,
        "skeletonize_mb_len40.json": SKELETONIZE_MB_LEN40,
        "trace.json": TRACE,
        "trace_config.json": TRACE_CONFIG,
        "trace_config_biocytin.json": TRACE_CONFIG_BIOCYTIN,
    }
)
"""File name to dictionary, read-only."""

RAW_TEXT_BY_NAME: Mapping[str, str] = MappingProxyType(
    {name: _to_text(preset) for name, preset in PARSED_BY_NAME.items()}
)
"""File name to JSON text, read-only."""

PARSED_PRESET_NAMES: tuple[str, ...] = tuple(sorted(PARSED_BY_NAME))
TEXT_ONLY_PRESET_NAMES: tuple[str, ...] = ()
ALL_PRESET_NAMES: tuple[str, ...] = PARSED_PRESET_NAMES + TEXT_ONLY_PRESET_NAMES


def get_preset(name: str) -> dict[str, Any]:
    """Return a preset as a dictionary of its own.

    Parameters
    ----------
    name
        File name of the preset, such as ``trace_config.json``.

    Returns
    -------
    dict
        A copy; changing it does not change the preset.

    Raises
    ------
    KeyError
        If there is no such preset; the message lists the names.

    Examples
    --------
    >>> get_preset("trace_config.json")["tag"]
    'trace configuration'
    """
    return deepcopy(PARSED_BY_NAME[_known(name)])


def get_preset_text(name: str) -> str:
    """Return a preset as JSON text.

    Parameters
    ----------
    name
        File name of the preset, such as ``trace_config.json``.

    Returns
    -------
    str
        Indented by 2, with a final newline.

    Raises
    ------
    KeyError
        If there is no such preset; the message lists the names.
    """
    return RAW_TEXT_BY_NAME[_known(name)]


def write_preset(name: str, path: str | Path) -> Path:
    """Write a preset to a JSON file.

    Parameters
    ----------
    name
        File name of the preset, such as ``trace_config.json``.
    path
        File to write (UTF-8); missing folders are created, an existing file is replaced.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    KeyError
        If there is no such preset; the message lists the names.
    """
    text = get_preset_text(name)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return target


def _known(name: str) -> str:
    if name not in PARSED_BY_NAME:
        raise KeyError(f"Unknown preset {name!r}. Known presets: {ALL_PRESET_NAMES}")
    return name
