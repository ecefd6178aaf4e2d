"""``zimg info``: what a file says about its images."""

import json
import sys
from pathlib import Path
from typing import Any

from zimg.image import ZImg, ZImgInfo


def show_info(file: Path, *, as_json: bool) -> None:
    """Print the metadata of every scene: a table on a terminal, plain lines elsewhere, or JSON."""
    scenes = [describe(info) for info in ZImg.readImgInfos(file)]
    if as_json:
        sys.stdout.write(json.dumps({"file": str(file), "scenes": scenes}) + "\n")
    elif sys.stdout.isatty():
        _show_tables(file, scenes)
    else:
        sys.stdout.write("\n".join(_lines(file, scenes)) + "\n")


def describe(info: ZImgInfo) -> dict[str, Any]:
    """Return the metadata of one scene as JSON values."""
    return {
        "width": info.width,
        "height": info.height,
        "depth": info.depth,
        "channels": info.numChannels,
        "times": info.numTimes,
        "type": info.dataTypeString(),
        "valid_bits": info.validBitCount,
        "voxel_size": [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ],
        "voxel_size_unit": info.voxelSizeUnit.name,
        "channel_names": list(info.channelNames),
    }


def _rows(scene: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the metadata of one scene as pairs of label and text, for people."""
    unit = scene["voxel_size_unit"]
    known = unit != "none"
    size = " x ".join(f"{edge:g}" for edge in scene["voxel_size"])
    names = [name or str(index) for index, name in enumerate(scene["channel_names"])]
    return [
        ("size (x, y, z)", f"{scene['width']} x {scene['height']} x {scene['depth']}"),
        ("channels", f"{scene['channels']} ({', '.join(names)})"),
        ("time points", str(scene["times"])),
        ("type", scene["type"]),
        ("voxel size (x, y, z)", f"{size} {unit}" if known else f"{size} (no unit)"),
    ]


def _lines(file: Path, scenes: list[dict[str, Any]]) -> list[str]:
    lines = [str(file)]
    for index, scene in enumerate(scenes):
        lines += [f"scene {index}"] if len(scenes) > 1 else []
        lines += [f"{label}: {text}" for label, text in _rows(scene)]
    return lines


def _show_tables(file: Path, scenes: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for index, scene in enumerate(scenes):
        title = str(file) if len(scenes) == 1 else f"{file}, scene {index}"
        table = Table(title=title, show_header=False, title_justify="left")
        for row in _rows(scene):
            table.add_row(*row)
        console.print(table)
