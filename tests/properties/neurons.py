"""Drawn neurons: a random tree in a small volume, and the measure of how far two traces agree."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from zimg.swc import ZSwc
from zimg.swc.comparing import compare

Floats = NDArray[np.float64]
SHAPE = (18, 60, 76)
MARGIN = 6
"""Voxels that stay dark at the four sides of a neuron, as far as tubes are concerned."""


@dataclass(frozen=True)
class Neuron:
    """What is drawn.

    Attributes
    ----------
    seed
        Of the tree and of the noise.
    shape
        Voxels along z, y, x.
    amplitude, background, noise
        Grey values of tubes, of empty space, and standard deviation of the noise.
    width
        Standard deviation of the Gaussian profile of a tube, in voxels of x and y.
    branches
        Number of branches.
    """

    seed: int = 0
    shape: tuple[int, int, int] = SHAPE
    amplitude: float = 150.0
    background: float = 20.0
    noise: float = 5.0
    width: float = 1.6
    branches: int = 3
    ends: tuple[tuple[Floats, Floats], ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Draw the branches: straight ones from a middle point to the sides."""
        random = np.random.default_rng(self.seed)
        depth, height, width = self.shape
        size = np.array([width, height], dtype=float)
        middle = (size - 1) / 2 + random.uniform(-0.08, 0.08, 2) * size
        slack = max((depth - 1) / 2 - 4.0, 0.0)
        turn = random.uniform(0, 2 * np.pi)
        ends = []
        for branch in range(self.branches):
            angle = turn + 2 * np.pi * (branch + random.uniform(-0.15, 0.15)) / self.branches
            way = np.array([np.cos(angle), np.sin(angle)])
            far = np.where(way > 0, size - 1 - MARGIN - middle, MARGIN - middle)
            reach = np.min(far / np.where(np.abs(way) < 1e-9, 1e-9, way))
            deep = (depth - 1) / 2 + random.uniform(-1.0, 1.0) * slack
            start, end = (*middle, (depth - 1) / 2), (*(middle + reach * way), deep)
            ends.append((np.array(start), np.array(end)))
        object.__setattr__(self, "ends", tuple(ends))

    @property
    def points(self) -> Floats:
        """``(n, 3)`` points x, y, z on the middle of the tubes."""
        return np.concatenate([np.linspace(a, b, 60) for a, b in self.ends])

    @property
    def tree(self) -> ZSwc:
        """The tree that was drawn."""
        parent = np.arange(60 * self.branches) - 1
        parent[60::60] = 0
        return ZSwc.from_arrays(self.points, self.width, parent)

    def clean(self) -> Floats:
        """``(Z, Y, X)`` brightness of the tubes, at most 1."""
        z, y, x = np.indices(self.shape)
        away, _ = cKDTree(self.points).query(np.stack([x, y, z], axis=-1))
        return np.asarray(np.exp(-(away**2) / (2.0 * self.width**2)))

    def grey(self) -> Floats:
        """``(Z, Y, X)`` tubes on the background, with noise."""
        noise = np.random.default_rng(self.seed + 1).normal(0.0, self.noise, self.shape)
        return self.background + self.amplitude * self.clean() + noise

    def image(self) -> NDArray[np.uint8]:
        """The neuron in 8 bits."""
        return np.clip(np.rint(self.grey()), 0, 255).astype(np.uint8)

    def with_(self, **changes: Any) -> "Neuron":
        """The same neuron, drawn otherwise."""
        return replace(self, **changes)


@st.composite
def neurons(draw: st.DrawFn, **fixed: Any) -> Neuron:
    """Neurons that are well above their noise."""
    options = {
        "seed": draw(st.integers(0, 9999)),
        "amplitude": draw(st.floats(80.0, 220.0)),
        "noise": draw(st.floats(0.0, 12.0)),
        "width": draw(st.floats(1.3, 2.0)),
        "branches": draw(st.integers(2, 4)),
    }
    return Neuron(**(options | fixed))


def agreement(tree: ZSwc, other: ZSwc, *, size: Sequence[float] = (1.0, 1.0, 1.0)) -> float:
    """F1 within 2 voxels; 0 where one of the two is empty."""
    if not (len(tree) and len(other)):
        return 0.0
    return compare(tree, other, tolerance=2.0, voxel_size=size).f1
