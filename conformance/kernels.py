"""Calls of every public kernel, and reasons for kernels without a call."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace
from zimg._dispatch import device as device_of
from zimg._typing import Array, Device, Namespace
from zimg.kernels import (
    blocks,
    geodesic,
    histogram,
    morphology,
    pack,
    ranking,
    rasterize,
    resample,
    scores,
    template,
    tube,
    widen,
)
from zimg.ops import upload

RANDOM = np.random.default_rng(12)
VOLUME = RANDOM.integers(0, 250, (14, 20, 22)).astype(np.uint8)
ROWS = np.array(
    [
        [2.0, 0.7, 1.1, 1.2, 11.0, 0.3, 0.6, 0.1, 9.0, 8.0, 4.0],
        [3.0, 1.4, 4.0, 0.8, 11.0, 0.5, 0.2, 0.9, 2.0, 11.0, 9.0],
        [0.7, 0.0, 0.0, 1.0, 6.0, 0.0, 0.4, 0.3, 19.0, 3.0, 2.0],
    ],
    np.float32,
)
FEW = np.arange(4 * 125, dtype=np.float32).reshape(125, 4) % 7.0
SUMS = np.array([30.0, 20.0, 15.0], np.float32)
CENTRES = np.array([[9.2, 8.1, 6.7], [11.0, 10.5, 7.0]], np.float32)
TOUCHED = np.arange(125, dtype=np.int32)

TEMPLATES = {
    "full": template.full_template,
    "core": template.core_template,
    "thin": template.thin_core_template,
}


@dataclass(frozen=True)
class Call:
    """One call of a kernel, as a function of arrays and static values that `jit` can compile.

    Attributes
    ----------
    run
        Kernel, or a function around it that gives it `xp` or puts its results together.
    arrays
        Arguments on the host, uploaded in order behind the words and the template, if any.
    template
        Name of a template to pass with the words of `VOLUME`.
    words
        Whether packed words of `VOLUME` come first.
    static
        Keyword arguments.
    """

    run: Callable[..., Any]
    arrays: tuple[NDArray[Any], ...] = ()
    template: str | None = None
    words: bool = False
    static: dict[str, Any] = field(default_factory=dict)

    def arguments(
        self, xp: Namespace, on: Device, dtype: str = "uint8"
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arrays on a lane, and the keyword arguments."""
        placed: list[Any] = [upload(host, on=on, xp=xp) for host in self.arrays]
        static = dict(self.static)
        if self.template:
            placed.append(TEMPLATES[self.template](dtype=xp.float32, xp=xp, on=on))
        if self.words:
            volume = upload(VOLUME.astype(dtype), on=on, xp=xp)
            words, static["layout"] = pack.pack_volume(volume, z_to_xy=1.5, dtype=xp.float32)
            placed.insert(0, words)
        return tuple(placed), static


def scored(kernel: Callable[..., Any], kind: str = "full") -> Call:
    """A call of a kernel that scores rows in packed words."""
    return Call(kernel, (ROWS,), kind, words=True, static={"masked": True})


def with_namespace(kernel: Callable[..., Any], *before: Any) -> Callable[..., Any]:
    """Call a kernel with the namespace of its first argument, which may be a tracer."""

    def run(x: Array, *rest: Any, **static: Any) -> Any:
        return kernel(x, *before, *rest, xp=array_namespace(x), **static)

    return run


def _maximum(a: Array, b: Array) -> Array:
    return array_namespace(a).maximum(a, b)


def _extremes(values: Array) -> tuple[Array, ...]:
    return histogram.extremes(values)


def _packed(volume: Array) -> Array:
    words, layout = pack.pack_volume(volume, z_to_xy=1.0, dtype=None)
    depth, height, width = layout.shape
    words = words[: (depth + 1) * (height + 1) * (width + 1)]
    grid = array_namespace(words).reshape(words, (depth + 1, height + 1, width + 1))
    return grid[:, :height, :width]


def _full_field(rows: Array, unit: template.Template) -> Any:
    return tuple(tube.full_field(rows, unit, pack.Layout(pack.BYTES, VOLUME.shape, 1.5)))


def _core_field(rows: Array, unit: template.Template) -> Any:
    return tuple(tube.core_field(rows, unit, pack.Layout(pack.BYTES, VOLUME.shape, 1.5)))


def _sampled(words: Array, rows: Array, unit: template.Template, *, layout: pack.Layout) -> Any:
    return tube.sampled(words, rows, tube.full_field(rows, unit, layout), layout, masked=True)


def _reduced(volume: Array) -> Array:
    return resample.reduced(volume, (1, 2, 3))


def _first_capsule(*fields: Array) -> Array:
    capsules = rasterize.Capsules(*fields)
    return rasterize.first_capsule(capsules, count=1400, shape=(9, 11, 12), spacing=(2.0, 1.0, 1.0))


# A ball in the whole volume, and a tapered axis in a part of it.
CAPSULES = rasterize.Capsules(
    begin=np.array([0, 1188], np.int32),
    number=np.array([4, 2], np.int32),
    corner=np.array([[0, 0, 0], [1, 2, 3]], np.int32),
    size=np.array([[9, 11, 12], [5, 6, 7]], np.int32),
    start=np.array([[8.3, 5.2, 4.4], [1.1, 0.4, 0.7]], np.float32),
    step=np.array([[0.0, 0.0, 0.0], [6.2, 3.1, 4.7]], np.float32),
    radius=np.array([3.3, 0.8], np.float32),
    taper=np.array([0.0, 1.3], np.float32),
)

RANKED = (CENTRES, TOUCHED, FEW, FEW[::-1].copy(), SUMS)
BRIGHT = VOLUME > 180


def _merged(volume: Array, *, mode: str) -> Array:
    return blocks.merged(volume, (2, 3, 2), mode)


def _resampled(volume: Array, *, kernel: str) -> Array:
    return resample.resampled(volume, (7, 24, 11), kernel, smooth=True)


def _neighbours(mask: Array) -> Array:
    """Table and numbers, by the number of voxels that the mask of this module has."""
    return geodesic.neighbour_table(_numbers(mask), _voxels(mask))


def _numbers(mask: Array) -> Array:
    return geodesic.voxel_numbers(_voxels(mask), mask.shape)


def _voxels(mask: Array) -> Array:
    xp = array_namespace(mask)
    flat = np.flatnonzero(BRIGHT).astype(np.int32)
    return upload(flat, on=device_of(mask), xp=xp)


def _predecessors(mask: Array, squared: Array, cost: Array) -> tuple[Array, Array]:
    return geodesic.predecessors(_neighbours(mask), squared, cost, steps=STEPS)


STEPS = tuple(float(sum(map(abs, step))) ** 0.5 for step in geodesic.NEIGHBOURS)
THICKNESS = RANDOM.integers(1, 9, int(BRIGHT.sum())).astype(np.int32)
COSTS = RANDOM.permutation(int(BRIGHT.sum())).astype(np.float32)


CALLS: dict[str, list[Call]] = {
    "voxel_numbers": [Call(_numbers, (BRIGHT,))],
    "neighbour_table": [Call(_neighbours, (BRIGHT,))],
    "predecessors": [Call(_predecessors, (BRIGHT, THICKNESS, COSTS))],
    "dot_scores": [scored(scores.dot_scores)],
    "full_scores": [scored(scores.full_scores)],
    "core_correlations": [scored(scores.core_correlations, "core")],
    "slice_correlations": [scored(scores.slice_correlations)],
    "centroids": [scored(scores.centroids)],
    "orientation_ranks": [Call(ranking.orientation_ranks, RANKED, words=True, static={"reach": 2})],
    "sampled": [Call(_sampled, (ROWS,), "full", words=True)],
    "full_field": [Call(_full_field, (ROWS,), "full")],
    "core_field": [Call(_core_field, (ROWS,), name) for name in ("core", "thin")],
    "pack_volume": [Call(_packed, (VOLUME.astype(t),)) for t in ("uint8", "uint16")],
    "combine_three": [
        Call(with_namespace(morphology.combine_three, axis, _maximum), (VOLUME,))
        for axis in range(3)
    ],
    "combine_box": [
        Call(with_namespace(partial(morphology.combine_box, axes=axes), _maximum, 2), (VOLUME,))
        for axes in ((1, 2), (0, 1, 2))
    ],
    "majority": [Call(morphology.majority, (mask,)) for mask in (BRIGHT, BRIGHT[:1], ~BRIGHT)],
    "neighbourhood": [
        Call(
            with_namespace(partial(morphology.neighbourhood, connectivity=n), _maximum),
            (VOLUME,),
        )
        for n in morphology.CONNECTIVITIES
    ],
    "first_capsule": [Call(_first_capsule, tuple(CAPSULES))],
    "reduced": [Call(_reduced, (VOLUME.astype(t),)) for t in ("uint8", "int16", "float32")],
    "merged": [
        Call(partial(_merged, mode=mode), (VOLUME.astype(t),))
        for mode in ("First", "Max", "Min", "Mean", "Median")
        for t in ("uint8", "uint16", "float32")
    ],
    # Without float64 a sum next to a half may be rounded to the other side: floats tell the rest.
    "resampled": [
        Call(partial(_resampled, kernel=kernel), (VOLUME.astype(t),))
        for kernel in ("Nearest", "Linear", "Cubic", "Lanczos2", "Lanczos3")
        for t in (("uint8", "uint16", "float32") if kernel == "Nearest" else ("float32",))
    ],
    "widened": [
        Call(with_namespace(widen.widened), (VOLUME.astype(t),))
        for t in ("uint8", "uint16", "uint32", "float32")
    ],
}
"""Calls of kernels that no framework replaces; `primitives.py` has those that one may."""

READING: dict[str, list[Call]] = {
    "extremes": [Call(_extremes, (VOLUME.astype(t),)) for t in ("uint8", "uint16", "int32")],
}
"""Calls of kernels that read values on the host, as they say: not compiled, not for tracers."""

NOT_CALLED = {
    "as_float": "the kernels of tests/kernels/test_filters.py begin with it, on every lane",
    "best_ranked": "orient_segments, a primitive, runs it",
    "highest": "best_ranked ends with it",
    "kind_of": "gives a type",
    "edged": "median_box, a primitive, begins with it",
    "median": "ranked, a primitive, does it",
    "gaussian": "compared on every lane by tests/kernels/test_filters.py",
    "reach_of": "a number on the host",
    "smoothed_planes": "gaussian joins its results",
    "listed_distance": "squared_distance and planar_depth, primitives, run it",
    "listed_peaks": "local_maxima, a primitive, runs it",
    "listed_ridges": "ridge_maxima runs it",
    "lowered_along": "squared_distance and spatial_depth, primitives, run it",
    "object_roots": "components and remove_small, primitives, run it",
    "ridge_maxima": "compared on every lane by tests/kernels/test_extrema.py",
    "tubular": "compared on every lane by tests/kernels/test_tubular.py",
    "check_connectivity": "takes a plain number and raises",
    "in_type": "reduced and resampled end with it",
    "geodesic_distance": "cheapest_paths, a primitive, does; costs of float32 differ",
    "above_zero": "a comparison of widened values",
    "length_of_kinds": "plain numbers",
    "lattice": "plain numbers",
    "thin_core_points": "plain numbers",
    "widest_float": "gives a type; geodesic_distance, reduced and resampled compute in it",
    "full_template": "the calls that take a template make it",
    "core_template": "the calls that take a template make it",
    "thin_core_template": "the calls that take a template make it",
}
"""Public functions of the kernels without a call, and why."""


INSIDE = {
    "whole": "combined runs it",
    "integers": "merged runs it",
    "line_search": "fit_segments runs it",
    "fit_lanes": "fit_segments runs it",
    "voxels": "components, squared_distance, local_maxima and on_surface run it",
}
"""Modules whose functions are parts of another kernel, and which."""


def numbered(calls: dict[str, list[Call]]) -> list[tuple[str, int]]:
    """Name and number of every call, as parameters of a test."""
    return [(name, number) for name, found in calls.items() for number in range(len(found))]


def arrays_in(value: Any) -> list[Any]:
    """The arrays in a result, in order."""
    if isinstance(value, tuple):
        return [array for each in value for array in arrays_in(each)]
    return [value] if hasattr(value, "dtype") else []
