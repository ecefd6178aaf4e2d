"""Unpacking of Vaa3D's differences: runs of literals, of small steps and of repeats.

Each code is one byte that says what follows and for how many voxels. Steps go on from the last
voxel written, modulo the range of the type.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException

# Steps of two bits, the low ones first: +0, +1, +2, -1; a row for each byte.
_BYTES = np.arange(256, dtype=np.uint8)[:, None]
_STEPS_OF_2_BITS = np.asarray([0, 1, 2, 255], np.uint8)[_BYTES >> np.asarray([0, 2, 4, 6]) & 3]
# First code, bits per step: steps of a 16-bit stack are packed with the high bits first.
_GROUPS = ((32, 3), (80, 4), (183, 5))
_REPEAT_8, _REPEAT_16 = 128, 223


def unpack_8_bits(data: bytes, count: int, stored: np.dtype[Any]) -> NDArray[Any]:
    """`count` voxels of one byte.

    Parameters
    ----------
    data
        The codes.
    count
        Number of voxels that they must give.
    stored
        Type of the voxels.

    Returns
    -------
    ndarray
        ``(count,)``.

    Raises
    ------
    ZException
        When the codes end too early.
    """
    source = np.frombuffer(data, np.uint8)
    check_claim(count, len(data))
    out = np.empty(count, stored)
    place = done = last = 0
    while done < count:
        code = _byte(data, place)
        if code < 33:
            n, used = code + 1, code + 1
            piece = source[place + 1 : place + 1 + used]
        elif code < _REPEAT_8:
            n = code - 32
            used = -(-n // 4)
            steps = _STEPS_OF_2_BITS[source[place + 1 : place + 1 + used]].reshape(-1)[:n]
            piece = np.cumsum(steps, dtype=np.uint8) + np.uint8(last)
        else:
            n, used = code - 127, 1
            piece = source[place + 1 : place + 2].repeat(n)
        done = _put(piece, n, out, done)
        place, last = place + 1 + used, int(out[done - 1])
    return out


def unpack_16_bits(data: bytes, count: int, stored: np.dtype[Any]) -> NDArray[Any]:
    """`count` voxels of two bytes; arguments, result and errors as in `unpack_8_bits`."""
    check_claim(count, len(data))
    out = np.empty(count, stored)
    place = done = last = 0
    while done < count:
        code = _byte(data, place)
        if code < 32:
            n, used = code + 1, 2 * (code + 1)
            piece = _values(data[place + 1 : place + 1 + used], stored)
        elif code < _REPEAT_16:
            first, bits = next(group for group in reversed(_GROUPS) if code >= group[0])
            n = code - first + 1
            used = -(-n * bits // 8)
            piece = _steps(data[place + 1 : place + 1 + used], n, bits, last)
        else:
            n, used = code - 222, 2
            piece = _values(data[place + 1 : place + 3], stored).repeat(n)
        done = _put(piece, n, out, done)
        place, last = place + 1 + used, int(out[done - 1])
    return out


def _values(data: bytes, stored: np.dtype[Any]) -> NDArray[Any]:
    """The whole values at the start of `data`."""
    return np.frombuffer(data, stored, len(data) // stored.itemsize)


def _steps(data: bytes, n: int, bits: int, last: int) -> NDArray[Any]:
    """`n` steps of some bits each, added up from `last`."""
    single = np.unpackbits(np.frombuffer(data, np.uint8))[: n * bits]
    if len(single) < n * bits:
        return single[:0]
    values = single.reshape(n, bits) @ (1 << np.arange(bits)[::-1])
    half = 1 << (bits - 1)
    return (np.cumsum(np.where(values <= half, values, half - values)) + last).astype(np.uint16)


def _put(piece: NDArray[Any], n: int, out: NDArray[Any], done: int) -> int:
    """Store a run of `n` voxels; the place after it."""
    if len(piece) < n:
        raise ZException("its codes end before its voxels: it is truncated")
    n = min(n, len(out) - done)
    out[done : done + n] = piece[:n]
    return done + n


def _byte(data: bytes, place: int) -> int:
    if place >= len(data):
        raise ZException("its codes end before its voxels: it is truncated")
    return data[place]


def check_claim(count: int, length: int) -> None:
    """Refuse more voxels than codes of this length can give: a repeat gives 128 for two bytes."""
    if count > 64 * length:
        raise ZException(f"{length} bytes of codes cannot hold {count} voxels: it is truncated")
