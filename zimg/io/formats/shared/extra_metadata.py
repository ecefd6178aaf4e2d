"""Metadata without header fields (channels, position, bits), stored as a line of JSON."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from zimg.values import ZImgInfo, col4

KEY = "zimg"  # key of the line in all formats
LONGEST = 2**20
FIELDS: dict[str, Callable[[ZImgInfo], Any]] = {
    "channelNames": lambda info: info.channelNames,
    "channelColors": lambda info: [list(color) for color in info.channelColors],
    "position": lambda info: info.position,
    "validBitCount": lambda info: info.validBitCount,
    "lastChannelIsAlphaChannel": lambda info: info.lastChannelIsAlphaChannel,
}
PER_CHANNEL = ("channelNames", "channelColors")


def dumps(info: ZImgInfo) -> str:
    """A line of ASCII JSON with the values that differ from defaults; empty if none differs."""
    fresh = ZImgInfo(1, 1, 1, info.numChannels)
    found = {name: of(info) for name, of in FIELDS.items() if of(info) != of(fresh)}
    return json.dumps(found) if found else ""


def loads(info: ZImgInfo, line: str) -> None:
    """Apply the values that `dumps` wrote; invalid ones are ignored."""
    found: Any = None
    with suppress(ValueError, RecursionError):
        found = json.loads(line[:LONGEST])
    for name, value in found.items() if isinstance(found, dict) else ():
        if name not in FIELDS or (name in PER_CHANNEL and _count(value) != info.numChannels):
            continue
        try:
            colors = name == "channelColors"
            setattr(info, name, [col4(*color) for color in value] if colors else value)
        except (TypeError, ValueError, OverflowError) as error:
            logging.getLogger("zimg").warning("%s of a header is ignored: %s", name, error)


def _count(value: Any) -> int:
    return len(value) if isinstance(value, list) else -1
