"""Division of a volume into half-open cores, each read with a halo."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import index

ZYX = tuple[int, int, int]

DEFAULT_CORE, DEFAULT_HALO = 512, 64
SMALLEST_HALO = 32
"""A chain must run about three segments past a face for a reliable tangent (3 * 11 / 2 voxels at
half-segment steps), and the fit must see the largest radius, 25 voxels, beyond that."""

CORES = (1024, 768, 512, 384, 256, 192, 128)
"""Core sizes that ``core="auto"`` chooses from."""

BYTES_PER_VOXEL = {1: 16, 2: 18}
"""Peak memory of a block per voxel by the size of a voxel: signal, masks, distances, labels."""


@dataclass(frozen=True)
class Box:
    """Half-open box of voxels, z y x."""

    low: ZYX
    high: ZYX

    @property
    def shape(self) -> ZYX:
        """Voxels along z, y, x."""
        z, y, x = (b - a for a, b in zip(self.low, self.high, strict=True))
        return z, y, x

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """Index of the box in a volume."""
        z, y, x = (slice(a, b) for a, b in zip(self.low, self.high, strict=True))
        return z, y, x


@dataclass(frozen=True)
class Block:
    """One block: its linear index (x fastest), the core it owns and the region it reads."""

    number: int
    core: Box
    roi: Box


@dataclass(frozen=True)
class Plan:
    """Blocks of a volume.

    Parameters
    ----------
    shape
        Voxels of the tracing volume (after downsampling) along z, y, x.
    core, halo
        Voxels along z, y, x. An axis shorter than core + halo is one block.
    """

    shape: ZYX
    core: ZYX
    halo: ZYX

    @cached_property
    def counts(self) -> ZYX:
        """Number of blocks along z, y, x."""
        axes = zip(self.shape, self.core, self.halo, strict=True)
        z, y, x = (1 if n < core + halo else -(-n // core) for n, core, halo in axes)
        return z, y, x

    def __len__(self) -> int:
        return math.prod(self.counts)

    def block(self, number: int) -> Block:
        """Return the block with a linear index."""
        _, ny, nx = self.counts
        place = (number // (nx * ny), number // nx % ny, number % nx)
        return self._block(number, place)

    def _block(self, number: int, place: ZYX) -> Block:
        ends = [
            _ends(i, count, core, size)
            for i, count, core, size in zip(place, self.counts, self.core, self.shape, strict=True)
        ]
        core = _box(ends)
        roi = [
            (max(0, low - halo), min(size, high + halo))
            for (low, high), halo, size in zip(ends, self.halo, self.shape, strict=True)
        ]
        return Block(number, core, _box(roi))

    def owner(self, voxel: Sequence[float]) -> int:
        """Return the index of the block whose core holds the voxel nearest to a point z, y, x."""
        place = [
            min(max(math.floor(v + 0.5), 0) // core, count - 1)
            for v, core, count in zip(voxel, self.core, self.counts, strict=True)
        ]
        _, ny, nx = self.counts
        return (place[0] * ny + place[1]) * nx + place[2]

    def blocks(self) -> list[Block]:
        """Return all blocks in order of their linear index."""
        return [self.block(number) for number in range(len(self))]

    @cached_property
    def planes(self) -> tuple[list[float], list[float], list[float]]:
        """Voxel coordinates of the internal faces along z, y, x: half a voxel before a core."""
        z, y, x = (
            [k * core - 0.5 for k in range(1, count)]
            for core, count in zip(self.core, self.counts, strict=True)
        )
        return z, y, x


def _ends(place: int, count: int, core: int, size: int) -> tuple[int, int]:
    return (place * core, size if place == count - 1 else (place + 1) * core)


def _box(ends: Sequence[tuple[int, int]]) -> Box:
    low, high = zip(*ends, strict=True)
    return Box(low, high)


def make_plan(
    shape: ZYX,
    *,
    core: int | Sequence[int] | str = DEFAULT_CORE,
    halo: int = DEFAULT_HALO,
    z_to_xy: float = 1.0,
    memory_limit: float | None = None,
    workers: int = 1,
    itemsize: int = 1,
) -> Plan:
    """Divide a volume into blocks.

    Parameters
    ----------
    shape
        Voxels of the tracing volume along z, y, x.
    core
        Voxels of a core: one number, three (x, y, z), or ``"auto"`` for the largest that
        `memory_limit` allows.
    halo
        Margin in trace-space units (voxels of the x, y plane): ``ceil(halo / z_to_xy)`` planes.
    memory_limit
        Bytes that all workers may use together; required by ``"auto"``, otherwise checked.
    workers, itemsize
        Number of blocks traced at a time, and bytes per voxel.

    Raises
    ------
    ValueError
        If the halo is below 32, a core is smaller than two halos on an axis with several blocks, or
        no core meets the memory limit.
    """
    halo = index(halo)
    if halo < SMALLEST_HALO:
        raise ValueError(f"block halo must be {SMALLEST_HALO} or more, got {halo}")
    halos = (math.ceil(halo / z_to_xy), halo, halo)
    if isinstance(core, str):
        return _largest(core, shape, halos, memory_limit, workers, itemsize)
    plan = Plan(shape, _core(core), halos)
    _check_core(plan)
    if memory_limit is not None and (need := memory_of(plan, workers, itemsize)) > memory_limit:
        raise ValueError(
            f"memory_limit {memory_limit:.3g} bytes is too small for {workers} worker(s) with "
            f"core {plan.core[::-1]} and halo {halo}: about {need:.3g} bytes are needed"
        )
    return plan


def memory_of(plan: Plan, workers: int, itemsize: int) -> int:
    """Return the peak memory of all workers without the interpreter: ROI times a factor."""
    axes = zip(plan.shape, plan.core, plan.halo, strict=True)
    roi = math.prod(min(n, core + 2 * halo) for n, core, halo in axes)
    return workers * roi * BYTES_PER_VOXEL.get(itemsize, 16 + 2 * itemsize)


def _largest(
    word: str, shape: ZYX, halos: ZYX, limit: float | None, workers: int, itemsize: int
) -> Plan:
    if word != "auto" or limit is None:
        raise ValueError(
            f"core must be a number of voxels, or 'auto' with memory_limit, got {word!r}"
        )
    for size in CORES:
        plan = Plan(shape, (size, size, size), halos)
        fits = memory_of(plan, workers, itemsize) <= limit
        if fits and all(size >= 2 * halo for halo in halos):
            return plan
    raise ValueError(
        f"memory_limit {limit:.3g} bytes is too small for {workers} worker(s): no core of "
        f"{CORES[-1]} voxels or more fits; use fewer workers or a smaller halo"
    )


def _core(core: int | Sequence[int]) -> ZYX:
    x, y, z = (core,) * 3 if isinstance(core, int) or hasattr(core, "__index__") else core
    sizes = index(z), index(y), index(x)
    if min(sizes) < 1:
        raise ValueError(f"block core size must be 1 or more on each axis, got {sizes[::-1]}")
    return sizes


def _check_core(plan: Plan) -> None:
    axes = zip("zyx", plan.counts, plan.core, plan.halo, strict=True)
    for axis, count, core, halo in axes:
        if count > 1 and core < 2 * halo:
            raise ValueError(
                f"block core size along {axis} must be at least twice the halo ({2 * halo} "
                f"voxels) where the axis has several blocks, got {core}"
            )
