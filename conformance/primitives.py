"""Test inputs of every primitive: random, empty, tied, out of range, of every dtype.

A primitive without an entry in `CASES` fails the suite as soon as a framework replaces it, so a new
hook cannot stay untested.
"""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

import zimg.kernels
import zimg.ops
import zimg.skeletons
import zimg.tracing
from zimg._dispatch import PRIMITIVES
from zimg._typing import Array
from zimg.kernels.arithmetic import Operation
from zimg.kernels.foreground import on_surface
from zimg.kernels.geodesic import NEIGHBOURS, cheapest_paths
from zimg.ops import RowPlan
from zimg.skeletons.chains import chain_nodes
from zimg.skeletons.joining import joined_chains
from zimg.skeletons.paths import path_forest

from .case import Case, OnDevice, Raw, cell_ids, random_values
from .segments import fits, growths, orientations, packs, scores


def primitives() -> dict[str, Callable[..., Any]]:
    """All primitives that a framework can replace, by name."""
    package: ModuleType
    for package in (zimg.ops, zimg.kernels, zimg.skeletons, zimg.tracing):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    return PRIMITIVES


def _gathers() -> list[Case]:
    cases = []
    for dtype in ("bool", "uint8", "uint16", "int32", "float32", "float64"):
        x, fill = (
            random_values(23, dtype, levels=2 if dtype == "bool" else 200),
            np.dtype(dtype).type(1),
        )
        cases.append(Case(f"{dtype}-fill", (x, cell_ids(50, 23)), {"fill": fill.item()}))
        cases.append(Case(f"{dtype}-inside", (x, random_values((6, 5), np.int64, levels=23))))
    rows = random_values((9, 3), np.float32)
    cases.append(Case("rows", (rows, cell_ids(12, 9).reshape(3, 4)), {"fill": -1.0}))
    cases.append(Case("int32-index", (rows, cell_ids(12, 9).astype(np.int32)), {"fill": -1.0}))
    cases.append(Case("from-empty", (rows[:0], cell_ids(4, 9)), {"fill": -1.0}))
    cases.append(Case("nothing", (rows, np.zeros(0, np.int64))))
    return cases


def _ranks() -> list[Case]:
    values = random_values((5, 7), np.float32)
    tied = random_values(40, np.int32, levels=3)
    return [
        *(Case(f"rank-{rank}", (values, rank)) for rank in (0, 17, 34)),
        Case("tied", (tied, 20)),
        Case("one", (values[:1, :1], 0)),
    ]


def _medians() -> list[Case]:
    volume = random_values((3, 6, 7), np.float32)
    return [
        *(
            Case("x".join(map(str, sizes)), (volume, sizes))
            for sizes in ((1, 3, 5), (3, 3, 3), (5, 1, 1))
        ),
        Case("wider-than-the-volume", (volume[:1, :2, :2], (1, 5, 5))),
    ]


def _samples() -> list[Case]:
    points = np.random.default_rng(3).uniform(-2.0, 8.0, (40, 3)).astype(np.float32)
    on_voxels = np.round(points)
    cases = [
        Case(f"{dtype}", (random_values((5, 6, 7), dtype), points), {"fill_value": 3.0}, rtol=1e-5)
        for dtype in ("uint8", "uint16", "int32", "float32")
    ]
    volume = random_values((5, 6, 7), np.float32)
    cases.append(Case("voxels", (volume, on_voxels), rtol=1e-6))
    cases.append(Case("far", (volume, points * np.float32(1e30)), {"fill_value": 3.0}, rtol=1e-6))
    cases.append(Case("2d", (volume[0], points[..., 1:]), rtol=1e-5))
    cases.append(Case("nowhere", (volume, points[:0])))
    cases.append(Case("one-slice", (volume[:1], points), {"fill_value": -2.0}, rtol=1e-5))
    return cases


def _scatters(dtypes: tuple[str, ...], *, rtol: float = 0.0, **kwargs: Any) -> list[Case]:
    cases = []
    for dtype in dtypes:
        values = random_values(300, dtype, levels=50)
        cases.append(Case(dtype, (values, cell_ids(300, 40), 40), kwargs, rtol=rtol))
        cases.append(Case(f"{dtype}-nothing", (values[:0], cell_ids(0, 40), 5), kwargs))
    values = random_values(300, "float32", levels=50)
    outside = np.full(300, -1, np.int64)
    cases.append(Case("all-outside", (values, outside, 6), kwargs))
    cases.append(Case("no-cells", (values, cell_ids(300, 40), 0), kwargs))
    cases.append(
        Case("int32-ids", (values, cell_ids(300, 40).astype(np.int32), 40), kwargs, rtol=rtol)
    )
    return cases


def _assignments() -> list[Case]:
    ids = np.random.default_rng(5).permutation(np.arange(-4, 34))[:20]
    cases = [
        Case(dtype, (np.zeros(30, dtype), ids, random_values(20, dtype, levels=2)))
        for dtype in ("bool", "uint8", "uint16", "int32", "float32")
    ]
    twice = np.concatenate([ids, ids])
    cases.append(Case("equal-twice", (np.zeros(30, np.int32), twice, twice.astype(np.int32))))
    cases.append(Case("nothing", (np.ones(30, np.int32), ids[:0], np.zeros(0, np.int32))))
    cases.append(Case("to-empty", (np.zeros(0, np.int32), ids, ids.astype(np.int32))))
    return cases


def _compactions() -> list[Case]:
    keep = random_values(60, bool, levels=2)
    cases = []
    for dtype in ("uint8", "uint16", "int32", "float32"):
        for size in (10, 60, 75):
            x = random_values(60, dtype)
            cases.append(Case(f"{dtype}-{size}", (x, keep, size), {"fill": 9}))
    rows = random_values((60, 3), np.float32)
    cases.append(Case("rows", (rows, keep, 40), {"fill": 0.5}))
    cases.append(Case("keep-none", (rows, np.zeros(60, bool), 4), {"fill": 0.5}))
    cases.append(Case("from-empty", (rows[:0], keep[:0], 4), {"fill": 0.5}))
    cases.append(Case("to-nothing", (rows, keep, 0), {"fill": 0.5}))
    return cases


def _scans() -> list[Case]:
    dtypes = ("uint8", "int32", "float32", "float64")
    cases = [Case(dtype, (random_values(37, dtype, levels=30),)) for dtype in dtypes]
    cases.append(Case("rows", (random_values((20, 3), np.int32),)))
    cases.append(Case("nothing", (np.zeros(0, np.float32),)))
    return cases


def _volumes() -> dict[str, NDArray[Any]]:
    """Small volumes: noise, thick and thin, flat, full and empty."""
    noise = random_values((7, 9, 11), np.uint8)
    thick = np.pad(np.ones((6, 9, 12), np.uint8), ((1, 0), (2, 1), (0, 3)))
    return {
        "noise": noise,
        "thick": thick + (np.pad(noise, ((0, 0), (3, 0), (0, 4))) > 190),
        "plane": noise[:1],
        "line": noise[:1, :1],
        "voxel": noise[:1, :1, :1] | 1,
        "full": np.ones((5, 4, 6), np.uint8),
        "empty": np.zeros((4, 3, 5), np.uint8),
    }


def _masks() -> dict[str, NDArray[np.bool_]]:
    dense = {name: volume > 0 for name, volume in _volumes().items()}
    return dense | {"sparse": _volumes()["noise"] > 150}


def _labellings(*args: int) -> list[Case]:
    return [
        Case(f"{name}-{n}", (mask, *args), {"connectivity": n}, reads_host=True)
        for name, mask in _masks().items()
        for n in ((6, 18, 26) if name == "sparse" else (26,))
    ]


def _plateaus() -> list[Case]:
    few_levels = random_values((7, 9, 11), np.uint8, levels=4)
    volumes = _volumes() | {"plateaus": few_levels, "slabs": np.sort(few_levels, axis=0)}
    return [
        Case(f"{name}-{dtype}", (volume.astype(dtype),), reads_host=True)
        for name, volume in volumes.items()
        for dtype in (("uint8", "uint16", "float32") if name == "noise" else ("uint8",))
    ]


def _countings() -> list[Case]:
    cases = [
        Case(f"{dtype}-{bins}", (random_values((6, 7, 8), dtype), bins))
        for dtype in ("uint8", "uint16", "int32")
        for bins in (1, 150, 256, 70000)
    ]
    some = random_values((6, 7, 8), "int16") - np.int16(20)
    many = random_values((60, 47, 51), "uint8")
    cases.append(Case("negative", (some, 100)))
    cases.append(Case("many", (many, 190)))
    cases.append(Case("where", (many, 256), {"where": many > 100}, reads_host=True))
    cases.append(Case("nothing", (some[:0], 4)))
    return cases


def _arithmetic() -> list[Case]:
    """All operations on all types; only integers are divided by 0."""
    cases = []
    for dtype in ("uint8", "int16", "uint16", "int32", "float32"):
        left = random_values((5, 6, 7), dtype)
        right = left[::-1] + np.dtype(dtype).type(dtype == "float32")
        cases += [
            Case(f"{dtype}-{operation}", (left, right, operation), rtol=1e-6)
            for operation in get_args(Operation)
        ]
        cases += [
            Case(f"{dtype}-{operation}-{number}", (left, number, operation), rtol=1e-6)
            for operation in get_args(Operation)
            for number in (3, 0.5)
        ]
    return cases


def _double_until(state: tuple[Array, Array]) -> tuple[Array, Array]:
    count, total = state
    return count + 1, total + total


def affine(x: Array, offset: Array, *, scale: int) -> Array:
    """A function to compile, with a static keyword."""
    return x * scale + offset


def _entered(context: Any) -> Any:
    with context:
        return True


def _sensible(plan: RowPlan) -> tuple[bool, ...]:
    fits = not plan.shapes or plan.rows == max(plan.shapes)
    return plan.rows >= 1, plan.workers >= 1, fits, list(plan.shapes) == sorted(plan.shapes)


_SOME = random_values((4, 5), np.float32)
_STATE = (np.asarray(0, np.int32), _SOME)
_SMALL = (_SOME, _SOME[0])
_SCATTER_DTYPES = ("uint8", "int32", "float32", "float64")


def _paths() -> list[Case]:
    """A mask of several objects, one with a source, and a line."""
    mask = random_values((6, 7, 8), "int32", levels=3) > 0
    steps = Raw(tuple(float(sum(map(abs, step))) ** 0.5 for step in NEIGHBOURS))
    found = []
    for name, there in (("grid", mask), ("line", mask[:1, :1] | True)):
        voxels = np.flatnonzero(there).astype(np.int32)
        squared = random_values(len(voxels), "int32", levels=9)
        args = (voxels, squared, np.asarray([2], np.int32))
        static = {"shape": Raw(there.shape), "steps": steps}
        found.append(Case(name, args, static, rtol=1e-6, reads_host=True))
    return found


STEPS = tuple(float(sum(map(abs, step))) ** 0.5 for step in NEIGHBOURS)


def _foregrounds(*further: str, **named: Any) -> list[Case]:
    """Foreground voxels of masks, with their objects and depths."""
    found = []
    for name, mask in _masks().items():
        voxels = np.flatnonzero(mask).astype(np.int32)
        known = {"planar": random_values(len(voxels), "int32", levels=9) + 1}
        arguments = (voxels, *(known[each] for each in further))
        static = {"shape": Raw(mask.shape), **named}
        found.append(Case(name, arguments, static, reads_host=True))
    return found


def _grown() -> tuple[NDArray[np.int32], NDArray[np.bool_], tuple[Any, ...]]:
    """A mask of one object, and the paths from its first voxel."""
    mask = np.zeros((7, 12, 40), np.bool_)
    mask[1:5, 2:9, 1:38], mask[2:6, 5:12, 9:14] = True, True
    voxels = np.flatnonzero(mask).astype(np.int32)
    squared = random_values(len(voxels), "int32", levels=7) + 1
    _, *paths = cheapest_paths(
        voxels, squared, np.asarray([0], np.int32), shape=mask.shape, steps=STEPS
    )
    return voxels, mask, (squared, *paths)


def _forests() -> list[Case]:
    _, _, (_, before, rows) = _grown()
    return [Case("paths", (before, rows), {"steps": Raw(STEPS)}, rtol=1e-12, reads_host=True)]


def _branchings() -> list[Case]:
    voxels, mask, (squared, before, rows) = _grown()
    forest = Raw(path_forest(before, rows, STEPS))
    static = {"forest": forest, "shape": Raw(mask.shape), "singles": True}
    arguments = (
        voxels,
        squared,
        np.zeros(len(voxels), np.int32),
        on_surface(voxels, shape=mask.shape),
    )
    return [
        Case(name, arguments, {**static, "shortest": limit, "keeping": keeping}, reads_host=True)
        for name, limit, keeping in (
            ("all", 3.0, False),
            ("kept", 99.0, True),
            ("none", 99.0, False),
        )
    ]


def _chains() -> list[NDArray[Any]]:
    """Points of wandering branches, radii, where branches begin, and their objects."""
    random = np.random.default_rng(5)
    lengths = random.integers(1, 60, 9)
    points = np.cumsum(random.integers(-1, 2, (int(lengths.sum()), 3)), axis=0).astype(np.float64)
    radius = np.maximum(0.1, np.sqrt(random.integers(1, 20, len(points))) - 0.5)
    return [points, radius, np.cumsum([0, *lengths]), np.asarray([0] * 4 + [2] * 5, np.int32)]


def _joined() -> list[NDArray[Any]]:
    points, radius, starts, owners = _chains()
    chosen, starts = chain_nodes(points, radius, starts)
    return [
        np.asarray(each) for each in joined_chains(points[chosen], radius[chosen], starts, owners)
    ]


CASES: dict[str, list[Case]] = {
    "object_numbers": _foregrounds(),
    "planar_depth": _foregrounds(),
    "spatial_depth": _foregrounds("planar", height=1.5),
    "on_surface": _foregrounds(),
    "ordered_paths": _forests(),
    "branch_voxels": _branchings(),
    "chain_nodes": [Case("wandering", tuple(_chains()[:3]), reads_host=True)],
    "joined_chains": [Case("wandering", tuple(_chains()), reads_host=True)],
    "bridges": [
        Case(name, (_joined()[0], _joined()[1], _joined()[3]), {"widest": widest}, reads_host=True)
        for name, widest in (("any", -1.0), ("near", 2.0))
    ],
    "thinning": [
        Case("wandering", tuple(_joined()[:4]), finish=lambda found: found[3:], reads_host=True)
    ],
    "gather": _gathers(),
    "sample_linear": _samples(),
    "scatter_add": _scatters(("int32", "float32", "float64"), rtol=1e-5),
    "scatter_min": _scatters(_SCATTER_DTYPES, empty=7),
    "scatter_max": _scatters(_SCATTER_DTYPES, empty=7),
    "scatter_set": _assignments(),
    "compact": _compactions(),
    "cumulative_max": _scans(),
    "cumulative_min": _scans(),
    "histogram": _countings(),
    "squared_distance": [Case(name, (mask,), reads_host=True) for name, mask in _masks().items()],
    "distance_peaks": [
        Case(name, (mask,), {"most": 7}, reads_host=True) for name, mask in _masks().items()
    ],
    "local_maxima": [  # lists the voxels above 0, whose number the host reads
        Case(name, (v.astype(np.int32),), reads_host=True) for name, v in _volumes().items()
    ],
    "flat_length": [Case("line", (_masks()["line"].reshape(-1),), reads_host=True)],
    "voxel_list": [Case(name, (mask,), reads_host=True) for name, mask in _masks().items()],
    "majority": [Case(name, (mask,), reads_host=True) for name, mask in _masks().items()],
    "regional_maxima": _plateaus(),
    "components": _labellings(),
    "remove_small": _labellings(3),
    "combined": _arithmetic(),
    "ranked": _ranks(),
    "median_box": _medians(),
    "correlated": [
        Case(
            f"axis-{axis}",
            (random_values((3, 6, 7), np.float32), axis, (0.5, 0.2, 0.05)),
            rtol=1e-6,  # compilers fuse products and sums
        )
        for axis in range(3)
    ],
    "cheapest_paths": _paths(),
    "score_segments": scores(),
    "fit_segments": fits(),
    "pack_volume": packs(),
    "grow_strands": growths(),
    "orient_segments": orientations(),
    "while_loop": [
        Case(
            "doubling",
            (lambda state: state[0] < 6, _double_until, _STATE),
            reads_host=True,
        ),
        Case("no-step", (lambda state: state[0] > 6, _double_until, _STATE), reads_host=True),
    ],
    "jit": [Case("static-keyword", (affine,), finish=lambda fn: fn.__name__, reads_host=True)],
    "barrier": [Case("array", (_SOME,)), Case("tuple", (_SMALL,))],
    "to_host": [
        Case(dtype, (random_values((3, 4), dtype),), reads_host=True)
        for dtype in ("bool", "uint8", "uint16", "int32", "float32")
    ],
    "upload": [
        Case("reversed", (Raw(_SOME[::-1]),), {"on": OnDevice()}, reads_host=True),
        Case("transposed", (Raw(_SOME.T),), {"on": OnDevice()}, reads_host=True),
        Case("big-endian", (Raw(_SOME.astype(">f4")),), {"on": OnDevice()}, reads_host=True),
        Case("scalar", (Raw(np.asarray(1.5, np.float32)),), {"on": OnDevice()}, reads_host=True),
        Case("uint16", (Raw(random_values(9, np.uint16)),), {"on": OnDevice()}, reads_host=True),
        Case("dtype", (Raw(_SOME),), {"on": OnDevice(), "dtype": "int32"}, reads_host=True),
    ],
    "synchronize": [Case("array", (_SOME,), reads_host=True)],
    "row_plan": [Case("sensible", (), {"on": OnDevice()}, finish=_sensible, reads_host=True)],
    "slow_because": [
        Case("text", (), finish=lambda reason: type(reason).__name__, reads_host=True)
    ],
    "fastest": [Case("array", (_SOME,), finish=np.asarray, reads_host=True)],
    "for_voxels": [Case("array", (_SOME,), finish=np.asarray, reads_host=True)],
    "wide_types": [Case("entered", (), finish=_entered, reads_host=True)],
    "threads": [Case("one", (1,), finish=_entered, reads_host=True)],
}
