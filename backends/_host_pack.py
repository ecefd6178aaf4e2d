"""A packed volume on the host, plane by plane: no copy of the volume besides the words."""

from typing import Any

import numpy as np

from zimg._typing import Array, Namespace
from zimg.kernels.pack import BYTES, PAIRS, PLAIN, Layout, kind_of


def pack_volume(
    volume: Array, /, *, z_to_xy: float, dtype: object, xp: Namespace | None = None
) -> tuple[Array, Layout]:
    """Words are made in place, without temporary volumes."""
    kind = kind_of(volume.dtype, xp=np)
    depth, height, width = volume.shape
    made: Any = dtype if kind == PLAIN else np.int32
    words = np.zeros((depth + 1, height + 1, width + 1), made)
    for plane, values in zip(words, volume, strict=False):
        plane[:-1, :-1] = values
        if kind == PAIRS:
            plane[:, :-1] |= plane[:, 1:] << 16
        elif kind == BYTES:
            plane[:, :-1] |= (plane[:, 1:] & 255) << 8
            plane[:-1] |= plane[1:] << 16
    return words.reshape(-1), Layout(kind, (depth, height, width), float(z_to_xy))
