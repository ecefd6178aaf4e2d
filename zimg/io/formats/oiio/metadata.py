"""Sizes, type and channels of images that OpenImageIO reads."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.formats.shared.planar import planar_info
from zimg.values import ZImgInfo

TYPES = {"half": "float16", "float": "float32", "double": "float64"}


def oiio_info(specs: Sequence[Any]) -> ZImgInfo:
    """Sizes, type and channels of one image, or of a movie with equal frames."""
    spec = specs[0]
    kinds = {
        (s.width, s.height, s.depth, s.nchannels, str(s.format), tuple(s.channelnames))
        for s in specs
    }
    if len(kinds) > 1:
        raise ZException(f"frames have unequal sizes or types: {sorted(kinds)[:2]}")
    kind = TYPES.get(str(spec.format), str(spec.format))
    if kind not in VOXEL_TYPES or min(spec.width, spec.height, spec.depth, spec.nchannels) < 1:
        raise ZException(f"unsupported sizes or types: {sorted(kinds)}")
    names = list(spec.channelnames)
    alpha = names[-1] == "A" and len(names) > 1
    info = planar_info(spec.width, spec.height, len(names), np.dtype(kind), alpha=alpha)
    info.depth, info.numTimes, info.channelNames = spec.depth, len(specs), names
    rate = _frames_per_second(spec)
    if rate and len(specs) > 1:
        info.timeStamps = [n / rate for n in range(len(specs))]
    return info


def _frames_per_second(spec: Any) -> float:
    """Frame rate; 0 when unknown."""
    rate = spec.getattribute("FramesPerSecond")
    if isinstance(rate, (tuple, list)) and len(rate) == 2 and rate[1]:
        return float(rate[0]) / float(rate[1])
    return float(rate) if isinstance(rate, (int, float)) else 0.0
