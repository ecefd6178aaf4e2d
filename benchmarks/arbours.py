"""Generated objects for timing skeletons: branched arbours of many sizes, and one long axon."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Floats = NDArray[np.float64]

SIZES: dict[str, tuple[tuple[int, int, int], float, int]] = {
    "1e4": ((32, 128, 128), 2.4, 70),
    "1e5": ((64, 256, 256), 3.6, 150),
    "1e6": ((128, 512, 512), 5.0, 330),
    "1e7": ((224, 800, 800), 7.0, 480),
}
"""Shape, radius and steps of a main branch, by the rough number of voxels of the object."""

ARMS, DEPTH, FORK_PROBABILITY = 8, 3, 0.02
FLAT = np.array([0.4, 1.0, 1.0])
"""Arms wander less in z, y, x order, as those of a neuron in a thin slice do."""


def arbour(size: str, seed: int = 2) -> Mask:
    """Arms from the middle that fork at random: ``(Z, Y, X)`` uint8, the same for one seed."""
    shape, radius, steps = SIZES[size]
    random = np.random.default_rng(seed)
    mask = np.zeros(shape, np.uint8)
    for arm in range(ARMS):
        angle = 2 * np.pi * arm / ARMS
        direction = np.array([random.normal(0, 0.2), np.sin(angle), np.cos(angle)])
        for place in _walk(random, np.array(shape) / 2.0, direction, steps, radius, shape):
            _stamp(mask, place, radius)
    return mask


def axon(length: int = 5000, *, rows: int = 10, radius: float = 1.6) -> Mask:
    """A tube that runs to and fro in a plane, so many voxels long."""
    across = length // rows
    mask = np.zeros((7, 10 * rows, across + 6), np.uint8)
    for row in range(rows):
        y = 10 * row + 5
        _line(mask, (3, y, 3), (3, y, across + 2), radius)
        if row:
            x = across + 2 if row % 2 else 3
            _line(mask, (3, y - 10, x), (3, y, x), radius)
    return mask


def specks(count: int, seed: int = 0) -> Mask:
    """A bar among objects of one voxel."""
    mask = np.zeros((30, 100, 200), np.uint8)
    mask.reshape(-1)[np.random.default_rng(seed).choice(mask.size, count, replace=False)] = 1
    mask[12:18, 50:56, 20:180] = 1
    return mask


def _walk(
    random: np.random.Generator,
    place: Floats,
    direction: Floats,
    steps: int,
    radius: float,
    shape: tuple[int, int, int],
    depth: int = 0,
) -> Iterator[Floats]:
    """Places of an arm and of its side arms, until their steps or the volume end."""
    margin = radius + 2
    for step in range(steps):
        direction = direction + random.normal(0, 0.12, 3) * FLAT
        direction /= np.linalg.norm(direction)
        place = place + direction
        if (place < margin).any() or (place > np.array(shape) - margin - 1).any():
            return
        yield place
        if depth < DEPTH and random.random() < FORK_PROBABILITY:
            side = direction + random.normal(0, 0.8, 3) * FLAT
            yield from _walk(random, place, side, steps - step, radius, shape, depth + 1)


def _stamp(mask: Mask, place: Floats, radius: float) -> None:
    """Fill a ball; it lies in the volume."""
    low = np.ceil(place - radius).astype(int)
    high = np.floor(place + radius).astype(int) + 1
    box = tuple(slice(first, last) for first, last in zip(low, high, strict=True))
    z, y, x = np.ogrid[box]
    squared = (z - place[0]) ** 2 + (y - place[1]) ** 2 + (x - place[2]) ** 2
    mask[box][squared <= radius * radius] = 1


def _line(
    mask: Mask, start: tuple[int, int, int], end: tuple[int, int, int], radius: float
) -> None:
    count = int(np.abs(np.subtract(end, start)).max()) + 1
    for place in np.linspace(start, end, count):
        _stamp(mask, place, radius)
