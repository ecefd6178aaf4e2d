"""``zimg info``: print the metadata of images."""

import json
import sys
from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Any

from zimg.io.scenes.scene import Level
from zimg.io.scenes.shared_file import SharedFile
from zimg.values import FileFormat, ZImgInfo


def show_info(file: str, *, as_json: bool) -> None:
    """Print the metadata of every scene: a table on a terminal, plain lines elsewhere, or JSON."""
    held = SharedFile(file, FileFormat.Unknown)
    try:
        with held.reading() as opened:
            scenes = [describe(scene.info, scene.levels) for scene in opened]
    finally:
        held.close()
    if as_json:
        document = {"file": file, "format": held.name, "scenes": scenes}
        sys.stdout.write(json.dumps(document) + "\n")
    elif sys.stdout.isatty():
        _show_tables(file, held.name, scenes)
    else:
        sys.stdout.write("\n".join(_lines(file, held.name, scenes)) + "\n")


def describe(info: ZImgInfo, levels: Sequence[Level]) -> dict[str, Any]:
    """Return the metadata of one scene as JSON values."""
    return {
        "width": info.width,
        "height": info.height,
        "depth": info.depth,
        "channels": info.numChannels,
        "times": info.numTimes,
        "type": info.dataTypeString(),
        "bytes_per_voxel": info.bytesPerVoxel,
        "bytes": prod(info.size) * info.bytesPerVoxel,
        "valid_bits": info.validBitCount,
        "voxel_size": [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ],
        "voxel_size_unit": info.voxelSizeUnit.name,
        "channel_names": list(info.channelNames),
        "channel_colors": [[*map(int, color)] for color in info.channelColors],
        "last_channel_is_alpha": info.lastChannelIsAlphaChannel,
        "time_stamps": list(info.timeStamps),
        "position": list(info.position),
        "levels": [{"size": [*each.size], "ratios": [*each.ratios]} for each in levels],
    }


def _rows(scene: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the metadata of one scene as pairs of label and text, for people."""
    names = [name or str(index) for index, name in enumerate(scene["channel_names"])]
    if scene["last_channel_is_alpha"]:
        names[-1] += ", opacity"
    colors = ["#" + bytes(color[:3]).hex() for color in scene["channel_colors"]]
    levels = [" x ".join(map(str, each["size"])) for each in scene["levels"]]
    bits = scene["valid_bits"]
    used = f", {bits} bits used" if 0 < bits < 8 * scene["bytes_per_voxel"] else ""
    rows = [
        ("size (x, y, z)", f"{scene['width']} x {scene['height']} x {scene['depth']}"),
        ("channels", f"{scene['channels']} ({', '.join(names)})"),
        ("colors", ", ".join(colors)),
        ("levels", f"{len(levels)} ({', '.join(levels)})"),
        ("time points", f"{scene['times']}{_stamps(scene['time_stamps'])}"),
        ("type", scene["type"] + used),
        _voxel_size(scene),
        ("unpacked", _memory(scene["bytes"])),
    ]
    if scene["position"]:
        rows.append(("position (x, y, z)", ", ".join(f"{x:g}" for x in scene["position"])))
    return rows


def _voxel_size(scene: dict[str, Any]) -> tuple[str, str]:
    """Return label and text of the voxel size: no depth for a plane, micrometres for metres."""
    unit = scene["voxel_size_unit"]
    shown, factor = ("um", 1e6) if unit == "m" else (unit, 1.0)
    axes = 2 if scene["depth"] == 1 else 3
    size = " x ".join(f"{edge * factor:g}" for edge in scene["voxel_size"][:axes])
    known = shown if unit != "none" else "(no unit)"
    return f"voxel size ({', '.join('xyz'[:axes])})", f"{size} {known}"


def _stamps(stamps: Sequence[float]) -> str:
    """Return the interval of time stamps; empty if they are mere indices."""
    steps = [after - before for before, after in pairwise(stamps)]
    if not steps or list(stamps) == list(range(len(stamps))):
        return ""
    if max(steps) - min(steps) <= 1e-6 * max(map(abs, steps)):
        return f", {steps[0]:g} s apart"
    return f", from {stamps[0]:g} s to {stamps[-1]:g} s"


def _memory(count: float) -> str:
    """Return a size in bytes, kB, MB or GB (powers of 1000)."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.4g} {unit}"
        count /= 1000
    return f"{count:.4g} TB"


def _lines(file: str, name: str, scenes: list[dict[str, Any]]) -> list[str]:
    lines = [file, f"format: {name}"]
    for index, scene in enumerate(scenes):
        lines += [f"scene {index}"] if len(scenes) > 1 else []
        lines += [f"{label}: {text}" for label, text in _rows(scene)]
    return lines


def _show_tables(file: str, name: str, scenes: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for index, scene in enumerate(scenes):
        title = f"{file} ({name})" if len(scenes) == 1 else f"{file} ({name}), scene {index}"
        table = Table(title=title, show_header=False, title_justify="left")
        for row in _rows(scene):
            table.add_row(*row)
        console.print(table)
