"""Files of many programs, compared with the recorded results of the reference.

Run as ``python -m tools.report_formats > docs/formats-report.md`` with the variable
ZIMG_REFERENCE_DATA naming the folder that holds ``formats/manifest.json``.
"""

import hashlib
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import zimg
from tests.io.manifest import FOLDER, entries
from zimg import ZException, ZImg, ZImgInfo

HEAD = """# Interoperability report

Written on {date} by `python -m tools.report_formats`. The reference is neuTube's C++ library (PyPI
package `zimg` 1.0.16). *Pixels*: compared with digests of what the reference decodes, or of the
array that was written where the reference refuses or misreads a file. *Metadata*: differences from
the reference, ours first; [differences in behaviour](departures.md) states the reasons.

| file | written by | scenes | pixels | metadata |
|---|---|---|---|---|
"""
FIELDS = {
    "voxel_size_xyz": lambda i: [i.voxelSizeX, i.voxelSizeY, i.voxelSizeZ],
    "voxel_unit": lambda i: i.voxelSizeUnit.name,
    "channel_names": lambda i: i.channelNames,
    "channel_colors_rgba": lambda i: [list(color) for color in i.channelColors],
    "time_stamps": lambda i: i.timeStamps,
    "position": lambda i: i.position,
    "valid_bits": lambda i: i.validBitCount,
    "last_channel_is_alpha": lambda i: i.lastChannelIsAlphaChannel,
}


def digests(image: ZImg) -> list[str]:
    """Of each time, as the manifest has them: little-endian, C order."""
    return [
        hashlib.sha256(np.ascontiguousarray(x, x.dtype.newbyteorder("<")).tobytes()).hexdigest()
        for x in image.data
    ]


def differences(info: ZImgInfo, scene: dict[str, Any]) -> list[str]:
    """Metadata that is not what the reference reports, relative differences of 1e-9 aside."""
    found = []
    for name, value_of in FIELDS.items():
        ours, theirs = value_of(info), scene[name]
        numbers = name in ("voxel_size_xyz", "time_stamps", "position")
        same = (
            len(ours) == len(theirs) and np.allclose(ours, theirs, rtol=1e-9)
            if numbers
            else ours == theirs
        )
        if not same:
            found.append(f"{name}: {ours}, not {theirs}")
    return found


def row(entry: dict[str, Any], folder: Path) -> str:
    """A line of the table."""
    path = folder / entry["file"]
    head = f"| {entry['file']} | {entry['writer']} |"
    sources = [entry["source_array"]] if "source_array" in entry else entry.get("pylibCZIrw", [])
    try:
        count = len(ZImg.readImgInfos(path))
        images = [zimg.read(path, scene=scene) for scene in range(count)]
    except ZException as error:
        message = str(error).replace(str(path), path.name).replace("|", " ")
        return f"{head} none | refused | {message} |"
    scenes = entry.get("scenes") or []
    if 0 < len(scenes) < entry.get("scene_count", 0) == count:  # the first ones and the last
        images = [*images[: len(scenes) - 1], images[-1]]
    equal, notes = entry.get("scene_count", len(scenes)) in (0, count), list[str]()
    for number, image in enumerate(images):
        known = [*scenes[number : number + 1], *sources[number : number + 1]]
        expected = [each["sha256_per_time"] for each in known if "sha256_per_time" in each]
        equal &= digests(image) in expected
        if number < len(scenes):
            notes += [note for note in differences(image.info, scenes[number]) if note not in notes]
    return f"{head} {count} | {'equal' if equal else 'DIFFERENT'} | {'; '.join(notes) or 'equal'} |"


def main() -> None:
    """Print the page."""
    sys.stdout.write(HEAD.format(date=date.today()))
    for entry in entries():
        sys.stdout.write(row(entry, FOLDER) + "\n")


if __name__ == "__main__":
    main()
