"""A generated volume whose timings can be compared from one machine to the next."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SHAPE = (64, 256, 256)
SOMA_RADIUS, ARM_RADIUS, LEAST_RADIUS, TAPER = 9.0, 3.0, 1.2, 0.997
ARMS, STEPS, DEPTH = 6, 140, 4
FORK_PROBABILITY = 0.025
FLAT = np.array([0.4, 1.0, 1.0])
"""Arms wander less in z, y, x order, as those of a neuron in a thin slice do."""

Floats = NDArray[np.float64]


@dataclass
class _Drawing:
    """The clean volume while arms grow; the order of draws from `random` fixes the result."""

    random: np.random.Generator
    clean: NDArray[np.float32] = field(default_factory=lambda: np.zeros(SHAPE, np.float32))

    def blob(self, centre: Floats, radius: float) -> None:
        """Raise the volume to a Gaussian around `centre`, z y x."""
        reach = int(np.ceil(radius * 2.5))
        whole = centre.astype(int)
        low, high = np.maximum(0, whole - reach), np.minimum(SHAPE, whole + reach + 1)
        if (low >= high).any():
            return
        box = tuple(slice(start, stop) for start, stop in zip(low, high, strict=True))
        z, y, x = np.mgrid[box]
        squared = (z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2
        bright = np.exp(-squared / (2 * (radius * 0.8) ** 2))
        np.maximum(self.clean[box], bright, out=self.clean[box])

    def arm(
        self, point: Floats, direction: Floats, radius: float, steps: int, depth: int = 0
    ) -> None:
        """Walk at random, one voxel a step, with side arms, until steps or the volume end."""
        for step in range(steps):
            direction = direction + self.random.normal(0, 0.15, 3) * FLAT
            direction /= np.linalg.norm(direction)
            point = point + direction
            radius = max(LEAST_RADIUS, radius * TAPER)
            if (point <= 2).any() or (point >= np.array(SHAPE) - 3).any():
                return
            self.blob(point, radius)
            if depth < DEPTH and self.random.random() < FORK_PROBABILITY:
                side = direction + self.random.normal(0, 0.8, 3) * FLAT
                self.arm(point, side, radius * 0.9, steps - step, depth + 1)


def neuron(seed: int = 0) -> NDArray[np.uint8]:
    """A soma with six branched arms and noise: ``(64, 256, 256)`` uint8, the same for one seed."""
    drawing = _Drawing(np.random.default_rng(seed))
    centre = np.array(SHAPE) / 2
    drawing.blob(centre, SOMA_RADIUS)
    for arm in range(ARMS):
        angle = 2 * np.pi * arm / ARMS
        direction = np.array([drawing.random.normal(0, 0.2), np.sin(angle), np.cos(angle)])
        drawing.arm(centre, direction, ARM_RADIUS, STEPS)
    noisy = drawing.clean * 180 + 10 + drawing.random.normal(0, 6, SHAPE)
    return np.clip(noisy, 0, 255).astype(np.uint8)
