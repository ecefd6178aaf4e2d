"""Decompress Vaa3D PBD: runs of literals, of small differences and of repeats.

Each code is one byte that defines the kind and number of the following voxels. Differences continue
from the voxel before, modulo the range of the type. The offsets of codes are found sequentially;
their voxels are computed for many codes at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException

WINDOW = 2**14  # bytes of codes processed together
LITERAL, REPEAT = 0, -1  # kinds of codes; a positive kind is the number of bits of a difference
CUT = "the compressed data end before the last voxel: the file is truncated"


@dataclass(frozen=True, slots=True)
class Codes:
    """Meaning of the 256 codes.

    Parameters
    ----------
    kind
        `LITERAL`, `REPEAT`, or the bits of a step.
    voxels
        Number of voxels of a code.
    used
        Number of bytes that follow a code.
    """

    kind: NDArray[np.int64]
    voxels: NDArray[np.int64]
    used: NDArray[np.int64]

    @classmethod
    def of(cls, groups: list[tuple[int, int]], itemsize: int) -> "Codes":
        """Build the table from the first code and the kind of each group; voxels count from 1."""
        code = np.arange(256)
        firsts = np.asarray([first for first, _ in groups])
        group = np.searchsorted(firsts, code, side="right") - 1
        kind = np.asarray([each for _, each in groups])[group]
        voxels = code - firsts[group] + 1
        used = np.where(kind == LITERAL, voxels * itemsize, -(-voxels * kind // 8))
        return cls(kind, voxels, np.where(kind == REPEAT, itemsize, used))


CODES_8 = Codes.of([(0, LITERAL), (33, 2), (128, REPEAT)], 1)
CODES_16 = Codes.of([(0, LITERAL), (32, 3), (80, 4), (183, 5), (223, REPEAT)], 2)
# Differences of two bits, low bits first: +0, +1, +2, -1.
STEPS_OF_2_BITS = np.asarray([0, 1, 2, -1])


def unpack_8_bits(data: bytes, count: int, stored: np.dtype[Any]) -> NDArray[Any]:
    """`count` voxels of one byte.

    Parameters
    ----------
    data
        The codes.
    count
        Expected number of voxels.
    stored
        Type of the voxels.

    Returns
    -------
    ndarray
        ``(count,)``.

    Raises
    ------
    ZException
        When the data end too early.
    """
    return _unpacked(data, count, stored, CODES_8)


def unpack_16_bits(data: bytes, count: int, stored: np.dtype[Any]) -> NDArray[Any]:
    """`count` voxels of two bytes; arguments, result and errors as in `unpack_8_bits`."""
    return _unpacked(data, count, stored, CODES_16)


def _unpacked(data: bytes, count: int, stored: np.dtype[Any], codes: Codes) -> NDArray[Any]:
    check_claim(count, len(data))
    # Padding is read, but never used, where the last code claims too much.
    source = np.frombuffer(data + bytes(2**9), np.uint8)
    out = np.empty(count, stored)
    done = last = 0
    for places in _places(source[: len(data)], codes):
        of_each = codes.voxels[source[places]]
        ends = np.cumsum(of_each)
        needed = int(np.searchsorted(ends, count - done)) + 1
        places, of_each = places[:needed], of_each[:needed]
        if places[-1] + 1 + codes.used[source[places[-1]]] > len(data):
            raise ZException(CUT)
        values = _values(source, places, of_each, codes, stored, last)
        part = values[: count - done]
        out[done : done + len(part)] = part.astype(stored.newbyteorder("="))
        done, last = done + len(part), int(part[-1])
        if done == count:
            return out
    raise ZException(CUT)


def _places(source: NDArray[np.uint8], codes: Codes) -> Iterator[NDArray[np.int64]]:
    """Yield the offsets of codes, one window at a time."""
    place = 0
    while place < len(source):
        begin = place
        steps = (codes.used[source[begin : begin + WINDOW]] + 1).tolist()
        found, within, size = [], 0, len(steps)
        while within < size:
            found.append(within)
            within += steps[within]
        yield np.asarray(found) + begin
        place = begin + within


def _values(
    source: NDArray[np.uint8],
    places: NDArray[np.int64],
    of_each: NDArray[np.int64],
    codes: Codes,
    stored: np.dtype[Any],
    last: int,
) -> NDArray[np.int64]:
    """Voxels of codes, as integers in the range of the type."""
    starts = np.cumsum(of_each) - of_each
    place = np.repeat(places + 1, of_each)
    within = np.arange(len(place)) - np.repeat(starts, of_each)
    kind = np.repeat(codes.kind[source[places]], of_each)
    known = kind <= LITERAL
    values = np.zeros(len(place) + 1, np.int64)  # after the preceding voxel
    values[0] = last
    voxel = place + np.where(kind == LITERAL, within, 0) * stored.itemsize
    values[1:][known] = _literals(source, voxel[known], stored)
    steps = np.zeros(len(place) + 1, np.int64)
    for bits in np.unique(kind[~known]).tolist():
        of_kind = kind == bits
        steps[1:][of_kind] = _steps(source, place[of_kind], within[of_kind], bits)
    # Each voxel is the last known voxel plus the differences since then.
    at = np.maximum.accumulate(np.where(np.append(True, known), np.arange(len(values)), 0))
    summed = np.cumsum(steps)
    return (values[at] + summed - summed[at])[1:] % 2 ** (8 * stored.itemsize)


def _literals(
    source: NDArray[np.uint8], places: NDArray[np.int64], stored: np.dtype[Any]
) -> NDArray[np.int64]:
    """Literal values, possibly unaligned."""
    first = source[places].astype(np.int64)
    if stored.itemsize == 1:
        return first
    second = source[places + 1].astype(np.int64)
    big = stored.newbyteorder("=") != stored if np.little_endian else stored.isnative
    return first * 256 + second if big else first + second * 256


def _steps(
    source: NDArray[np.uint8], places: NDArray[np.int64], within: NDArray[np.int64], bits: int
) -> NDArray[np.int64]:
    """Differences of some bits; 8-bit stacks store low bits first, others high bits first."""
    if bits == 2:
        return STEPS_OF_2_BITS[source[places + within // 4] >> (within % 4 * 2) & 3]
    place, shift = places + within * bits // 8, within * bits % 8
    window = source[place].astype(np.int64) << 8 | source[place + 1]
    value = window >> (16 - bits - shift) & (2**bits - 1)
    half = 1 << (bits - 1)
    return np.where(value <= half, value, half - value)


def check_claim(count: int, length: int) -> None:
    """Refuse more voxels than the codes can produce (at most 128 per two bytes)."""
    if count > 64 * length:
        raise ZException(
            f"{length} compressed bytes cannot hold {count} voxels: the file is truncated"
        )
