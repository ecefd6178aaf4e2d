"""A synthetic neuron: a known tree and a noisy, anisotropic volume of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg.swc import ZSwc

SHAPE = (40, 200, 200)
Z_TO_XY = 2.0
SOMA_RADIUS = 9.0
STEP = 3.0
BACKGROUND, SIGNAL, NOISE = 16.0, 170.0, 6.0
PHOTONS = 0.25
"""Photons per grey value, which set the shot noise."""
WALL = 3.0
"""Steepness of a tube's wall, per voxel."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Phantom:
    """A volume and the tree that was drawn into it.

    Attributes
    ----------
    volume
        ``(Z, Y, X)`` uint8.
    tree
        Known tree in voxel indices; radii in voxels of the x, y plane.
    z_to_xy
        Size of a voxel in z over that in x and y.
    """

    volume: NDArray[np.uint8]
    tree: ZSwc
    z_to_xy: float


@dataclass
class _Growth:
    """Nodes of the tree while it grows, in isotropic space."""

    points: list[Floats]
    radii: list[float]
    parents: list[int]

    def add(self, point: Floats, radius: float, parent: int) -> int:
        self.points.append(point)
        self.radii.append(radius)
        self.parents.append(parent)
        return len(self.points) - 1


def neuron(seed: int = 2, shape: tuple[int, int, int] = SHAPE) -> Phantom:
    """Draw a neuron: a soma, six primary branches with daughters, blur and two kinds of noise.

    Parameters
    ----------
    seed
        Seed of the neuron.
    shape
        Sizes of the volume along z, y, x; branches end before its border.
    """
    random = np.random.default_rng(seed)
    depth, height, width = shape
    size = np.array((width, height, depth * Z_TO_XY))
    growth = _Growth([size / 2], [SOMA_RADIUS], [-1])
    turn = random.uniform(0, 2 * np.pi)
    for arm in range(6):
        angle = turn + 2 * np.pi * (arm + random.uniform(-0.2, 0.2)) / 6
        direction = np.array((np.cos(angle), np.sin(angle), random.uniform(-0.35, 0.35)))
        _grow(growth, 0, direction, 2.6, size, random, forks=1)
    points, radii = np.array(growth.points), np.array(growth.radii)
    parents = np.array(growth.parents)
    volume = _draw(points, radii, parents, random, shape=shape, z_to_xy=Z_TO_XY)
    scaled = points / np.array((1.0, 1.0, Z_TO_XY))
    return Phantom(volume, ZSwc.from_arrays(scaled, radii, parents), Z_TO_XY)


def neurite() -> Phantom:
    """Draw one bent neurite in a small isotropic volume, for quick examples."""
    x = np.arange(10.0, 72.0, 2.0)
    points = np.stack((x, 32.0 + 6.0 * np.sin(x / 14.0), 16.0 + 3.0 * np.cos(x / 17.0)), axis=1)
    radii, parents = np.full(len(x), 3.0), np.arange(len(x)) - 1
    random = np.random.default_rng(1)
    volume = _draw(points, radii, parents, random, shape=(32, 64, 80), z_to_xy=1.0)
    return Phantom(volume, ZSwc.from_arrays(points, radii, parents), 1.0)


def _grow(
    growth: _Growth,
    node: int,
    direction: Floats,
    radius: float,
    size: Floats,
    random: np.random.Generator,
    *,
    forks: int,
) -> None:
    """Grow one branch from `node` by a smooth random walk until it ends or nears the border."""
    steps = int(random.integers(20, 30)) if forks else int(random.integers(9, 16))
    fork_at = steps // 2 if forks else -1
    for step in range(steps):
        direction = direction + random.normal(0, 0.16, 3) * np.array((1, 1, 0.6))
        direction = direction / np.linalg.norm(direction)
        reach = STEP + (SOMA_RADIUS if growth.parents[node] < 0 else 0.0)
        point = growth.points[node] + reach * direction
        if (point < 8).any() or (point > size - 9).any():
            return
        radius = max(radius * 0.985, 1.6)
        node = growth.add(point, radius, node)
        if step == fork_at:
            side = np.cross(direction, (0.0, 0.0, random.choice((-1.0, 1.0))))
            _grow(growth, node, direction + 1.1 * side, radius * 0.85, size, random, forks=0)


def _draw(
    points: Floats,
    radii: Floats,
    parents: NDArray[np.int64],
    random: np.random.Generator,
    *,
    shape: tuple[int, int, int],
    z_to_xy: float,
) -> NDArray[np.uint8]:
    """Render tubes with a soft wall, then shot noise and camera noise."""
    clean = np.zeros(shape)
    for node, parent in enumerate(parents):
        start = node if parent < 0 else parent
        # Branches do not taper into the soma.
        wide = radii[node] if parents[start] < 0 else radii[start]
        tube = (points[start], points[node], wide, radii[node])
        _draw_tube(clean, *tube, spacing=np.array((1.0, 1.0, z_to_xy)))
    photons = BACKGROUND + SIGNAL * clean
    noisy = random.poisson(photons * PHOTONS) / PHOTONS + random.normal(0, NOISE, shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)


def _draw_tube(
    clean: Floats,
    start: Floats,
    end: Floats,
    first_radius: float,
    last_radius: float,
    *,
    spacing: Floats,
) -> None:
    """Raise `clean` to the brightness of one tapered tube, given in isotropic space."""
    reach = max(first_radius, last_radius) + 4.0
    shape = np.array(clean.shape[::-1])
    low = np.clip((np.minimum(start, end) - reach) // spacing, 0, shape).astype(int)
    high = np.clip((np.maximum(start, end) + reach) // spacing + 2, 0, shape).astype(int)
    box = tuple(slice(low[axis], high[axis]) for axis in (2, 1, 0))
    z, y, x = np.ogrid[box]
    offset = [
        axis * size - edge for axis, size, edge in zip((x, y, z), spacing, start, strict=True)
    ]
    step = end - start
    along = np.clip(
        sum(o * s for o, s in zip(offset, step, strict=True)) / max(step @ step, 1.0), 0, 1
    )
    distance = np.sqrt(sum((o - along * s) ** 2 for o, s in zip(offset, step, strict=True)))
    radius = first_radius + along * (last_radius - first_radius)
    bright = 1.0 / (1.0 + np.exp(WALL * (distance - radius)))
    np.maximum(clean[box], bright, out=clean[box])
