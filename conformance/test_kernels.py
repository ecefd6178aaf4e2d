"""Every public kernel runs on every lane, compiled where the lane can, and stays on its device."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from inspect import getmembers, isfunction
from pkgutil import iter_modules
from typing import Any

import array_api_compat.numpy as numpy_namespace
import numpy as np
import pytest

import zimg.kernels
from zimg._dispatch import device as device_of
from zimg._typing import Array, Device, Namespace
from zimg.kernels import ranking, scores, template
from zimg.kernels.pack import pack_volume
from zimg.ops import jit, upload
from zimg.testing import LANES, bring_home, lane_parameters

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

TEMPLATES = {"full": template.full_template, "core": template.core_template}


@dataclass(frozen=True)
class Call:
    """One call of a kernel of packed volumes; `template` names the template it takes."""

    kernel: Callable[..., Array]
    template: str | None = "full"
    static: dict[str, Any] = field(default_factory=dict)


CALLS = {
    "dot_scores": Call(scores.dot_scores),
    "full_scores": Call(scores.full_scores),
    "core_correlations": Call(scores.core_correlations, "core"),
    "slice_correlations": Call(scores.slice_correlations),
    "centroids": Call(scores.centroids),
    "orientation_ranks": Call(ranking.orientation_ranks, None, {"reach": 2}),
}

ELSEWHERE = {
    "full_field": "every score computes it",
    "core_field": "core_correlations computes it",
    "sampled": "every score takes its samples",
    "pack_volume": "every call here packs its volume",
    "full_template": "most calls here take it",
    "core_template": "core_correlations takes it",
    "thin_core_template": "tests/kernels/test_template.py compares it with the core",
    "thin_core_points": "plain numbers",
    "lattice": "plain numbers",
    "widened": "tests/kernels/test_histogram.py",
}
"""Public functions of the kernels that have no call here, and what tries them on every lane."""

LANE_TESTED_MODULES = ("components", "distance", "extrema", "histogram", "morphology", "resize")
"""Modules of voxel kernels, whose tests under ``tests/kernels`` take the lane fixtures."""


def public_kernels() -> set[str]:
    """Names of the functions that the modules of tube kernels define."""
    found: set[str] = set()
    for module in iter_modules(zimg.kernels.__path__):
        if module.name in LANE_TESTED_MODULES:
            continue
        loaded = import_module(f"zimg.kernels.{module.name}")
        defined = getmembers(loaded, isfunction)
        found |= {n for n, f in defined if f.__module__ == loaded.__name__ and n[0] != "_"}
    return found


def arguments(
    call: Call, volume: np.ndarray[Any, Any], xp: Namespace, on: Device
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of a call on a lane, and its static ones."""

    def place(host: np.ndarray[Any, Any]) -> Array:
        return upload(host, on=on, xp=xp)

    words, layout = pack_volume(place(volume), z_to_xy=1.0, dtype=xp.float32)
    if call.template is None:
        touched = np.arange(125, dtype=np.int32)
        arrays = tuple(map(place, (CENTRES, touched, FEW, FEW[::-1].copy(), SUMS)))
        return (words, *arrays), {"layout": layout} | call.static
    columns = TEMPLATES[call.template](dtype=xp.float32, xp=xp, on=on)
    return (words, place(ROWS), columns), {"layout": layout, "masked": True} | call.static


def test_every_tube_kernel_is_called_here_or_named_with_the_place_where_it_is() -> None:
    assert public_kernels() == set(CALLS) | set(ELSEWHERE)


# Voxels of each width for one kernel that samples and one that crops: the others read as they do.
READS = [(name, "uint8") for name in CALLS] + [
    (name, dtype) for name in ("dot_scores", "orientation_ranks") for dtype in ("uint16", "float32")
]


@pytest.mark.parametrize(("name", "dtype"), READS)
def test_a_kernel_gives_on_every_lane_what_it_gives_on_numpy(
    xp: Namespace, device: Device, name: str, dtype: str
) -> None:
    call, volume = CALLS[name], VOLUME.astype(dtype)
    args, static = arguments(call, volume, numpy_namespace, "cpu")
    expected = call.kernel(*args, **static)
    args, static = arguments(call, volume, xp, device)
    got = jit(call.kernel, xp=xp)(*args, **static)
    assert device_of(got) == device
    assert got.dtype == xp.float32
    np.testing.assert_allclose(bring_home(got), expected, rtol=1e-4, atol=2e-5)


# Arrays that can be written to; the pretended devices add nothing here.
MUTABLE = tuple(each for each in LANES if each.id in ("numpy", "strict", "torch", "cupy"))


@pytest.mark.parametrize("lane", lane_parameters(MUTABLE), indirect=True)
@pytest.mark.parametrize("name", list(CALLS))
def test_a_kernel_leaves_rows_and_words_alone(xp: Namespace, device: Device, name: str) -> None:
    args, static = arguments(CALLS[name], VOLUME, xp, device)
    before = [np.array(bring_home(each)) for each in args[:2]]
    CALLS[name].kernel(*args, **static)
    for now, then in zip(args[:2], before, strict=True):
        np.testing.assert_array_equal(bring_home(now), then)
