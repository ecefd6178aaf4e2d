"""Sharing, copying and refusal of arrays by images: on import and between all lanes."""

import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from zimg import ZImg
from zimg._typing import Array
from zimg.arrays.export import exported
from zimg.arrays.interop import dtype_name, framework_name
from zimg.testing import Lane, device_of, lane_parameters, namespace_of

from .conditions import (
    CONDITIONS,
    DTYPES,
    PLACES,
    address,
    exists,
    expected,
    made,
    on_host,
    values,
)

CAPABILITY = "copy, view, refuse"

# Values at odd addresses and steps backwards have ended the process in some releases of torch.
CRASHES = ("reversed", "misaligned")
AWAY = tuple(lane for lane in PLACES if not on_host(lane))
SHARE_DEVICES = [("torch", "jax"), ("jax", "torch"), ("cupy", "torch"), ("cupy", "jax")]


Case = tuple[Lane, Lane, str, str]


def cases(*places: tuple[Lane, Lane]) -> list[Case]:
    """Every array that the first lane of a pair can have, on its way to the second."""
    return [
        (source, target, condition, dtype)
        for source, target in places
        for condition in CONDITIONS
        for dtype in DTYPES
        if exists(source, condition, dtype)
    ]


def crash_prone(case: Case) -> bool:
    """Whether a case is left to a process of its own."""
    source, target, condition, _ = case
    return condition in CRASHES and "torch" in (source.framework, target.framework)


PAIRS = [(source, target) for source in PLACES for target in PLACES]
ON_HOST = [pair for pair in PAIRS if not any(lane.gpu for lane in pair)]
ON_GPU = [pair for pair in PAIRS if pair not in ON_HOST]


def check_export(source: Lane, target: Lane, condition: str, dtype: str) -> None:
    """Export one array with each value of `copy`; assert what the rule says."""
    rule = expected(source, target, condition, dtype)
    device = _device_for(source, target)
    for copy in (None, False, True):
        x = made(source, namespace_of(source), condition, dtype)
        if rule.outcome == "refuse" or (rule.outcome == "copy" and copy is False):
            with pytest.raises(rule.error):
                exported(x, target.framework, device=device, copy=copy)
            continue
        result = exported(x, target.framework, device=device, copy=copy)
        _check_same(result, x, target)
        _check_memory(result, x, shared=rule.outcome == "view" and copy is not True)


def _device_for(source: Lane, target: Lane) -> Any:
    """The `device` argument for the transfer from one lane to another."""
    if on_host(target):
        return None if on_host(source) else "cpu"
    return device_of(target, namespace_of(target))


def _check_same(result: Array, x: Array, target: Lane) -> None:
    assert framework_name(result) == target.framework
    assert dtype_name(result.dtype) == dtype_name(x.dtype)
    assert tuple(result.shape) == tuple(x.shape)
    np.testing.assert_array_equal(values(result), values(x))


def _check_memory(result: Array, x: Array, *, shared: bool) -> None:
    """Check sharing by addresses and by writes."""
    if 0 in x.shape:
        return
    if framework_name(result) == framework_name(x) or _readable(result, x):
        assert (address(result) == address(x)) == shared
    before, immutable = values(x).copy(), not _writes(x)
    if _writes(result):
        assert not (shared and immutable)
        _fill(result, 0)
        assert (values(x) == (0 if shared else before)).all()
    if not immutable:
        _fill(x, 1)
        assert bool((values(result) == 1).all()) == shared


def _fill(x: Array, number: int) -> None:
    x[...] = {"b": bool, "f": float}.get(dtype_name(x.dtype)[0], int)(number)


def _readable(*arrays: Array) -> bool:
    return all("cpu" in str(getattr(x, "device", "cpu")).lower() for x in arrays)


def _writes(x: Array) -> bool:
    """Whether an array can be written to; nothing is changed."""
    try:
        x[...] = x
    except (TypeError, ValueError):
        return False
    return True


def _name(case: Case) -> str:
    source, target, condition, dtype = case
    return f"{source.id}-to-{target.id}-{condition}-{dtype}"


IN_PROCESS = [case for case in cases(*ON_HOST) if not crash_prone(case)]


@pytest.mark.parametrize("case", IN_PROCESS, ids=_name)
def test_an_array_is_shared_copied_or_refused_as_the_table_says(case: Case) -> None:
    namespace_of(case[0]), namespace_of(case[1])
    check_export(*case)


@pytest.mark.gpu
@pytest.mark.parametrize("pair", ON_GPU, ids=lambda pair: f"{pair[0].id}-to-{pair[1].id}")
def test_arrays_of_a_gpu_are_shared_copied_or_refused_as_the_table_says(
    pair: tuple[Lane, Lane],
) -> None:
    namespace_of(pair[0]), namespace_of(pair[1])
    for case in cases(pair):
        check_export(*case)


@pytest.mark.parametrize("lane", lane_parameters(AWAY), indirect=True)
@pytest.mark.parametrize("framework", ["numpy", "torch", "jax", "memview"])
def test_nothing_comes_to_the_host_without_being_requested(lane: Lane, framework: str) -> None:
    if framework != "memview":
        pytest.importorskip(framework)
    x = made(lane, namespace_of(lane), "plain", "uint8")
    if lane.framework == framework or (lane.framework, framework) in SHARE_DEVICES:
        pytest.skip("these share the memory of the device")
    for copy in (None, False, True):
        with pytest.raises(ValueError, match="device='cpu'"):
            exported(x, framework, copy=copy)


CRASHING = """
from zimg.conformance.test_interop import ON_HOST, cases, check_export, crash_prone, installed
for case in cases(*ON_HOST):
    if crash_prone(case) and installed(*case[:2]):
        print(case, flush=True)
        check_export(*case)
"""


def installed(*lanes: Lane) -> bool:
    """Whether the packages of some lanes are there."""
    return all(find_spec(lane.framework) for lane in lanes)


def test_what_could_crash_torch_is_copied_before_it_gets_there() -> None:
    pytest.importorskip("torch")
    command = [sys.executable, "-c", CRASHING]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-300:] + run.stderr
    assert all(condition in run.stdout for condition in CRASHES)


@pytest.mark.parametrize("case", [c for c in IN_PROCESS if c[0] == c[1]], ids=_name)
def test_a_memoryview_shows_the_memory_and_stays_read_only(case: Case) -> None:
    lane, _, condition, dtype = case
    x = made(lane, namespace_of(lane), condition, dtype)
    if dtype == "bfloat16":
        with pytest.raises(TypeError, match="memview has no dtype bfloat16"):
            exported(x, "memview")
        return
    device = _device_for(lane, PLACES[0])
    view = exported(x, "memview", device=device)
    assert view.readonly != (_writes(x) or not on_host(lane))
    assert view.shape == tuple(x.shape)
    np.testing.assert_array_equal(np.asarray(view), values(x))
    if not view.readonly and on_host(lane) and view.nbytes:
        np.asarray(view)[...] = 1
        assert (values(x) == 1).all()


ENTERING = [case for case in cases(*((lane, lane) for lane in PLACES)) if not case[0].gpu]


@pytest.mark.parametrize("case", ENTERING, ids=_name)
def test_an_image_shares_c_order_and_copies_the_rest_once(case: Case) -> None:
    check_entry(*case)


@pytest.mark.parametrize("lane", [each for each in PLACES if each.gpu], ids=lambda lane: lane.id)
@pytest.mark.gpu
def test_an_image_shares_c_order_on_a_gpu_too(lane: Lane) -> None:
    namespace_of(lane)
    for case in cases((lane, lane)):
        check_entry(*case)


def check_entry(lane: Lane, _: Lane, condition: str, dtype: str) -> None:
    """Make an image of one array, with and without permission to copy."""
    x = made(lane, namespace_of(lane), condition, dtype)
    if condition in ("0-d", "empty"):
        with pytest.raises(ValueError, match="layout"):
            ZImg(x, layout="ZYX")
        return
    shared = condition not in ("sliced", "transposed", "reversed", "big-endian")
    if not shared:
        with pytest.raises(ValueError, match="prevents sharing"):
            ZImg(x, copy_if_needed=False, layout="ZYX")
    (stored,) = ZImg(x, copy_if_needed=not shared, layout="ZYX").data
    assert tuple(stored.shape) == (1, *x.shape)
    assert dtype_name(stored.dtype) == dtype_name(x.dtype)
    assert (address(stored) == address(x)) == shared
    np.testing.assert_array_equal(values(stored)[0, ...], values(x))
    assert _writes(stored) == (_writes(x) or not shared)
