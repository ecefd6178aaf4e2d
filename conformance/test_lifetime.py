"""Memory lives as long as an image or an array refers to it."""

import gc
import weakref
from typing import Any

import numpy as np
import pytest

from zimg import ZImg
from zimg._typing import Array
from zimg.testing import Lane, namespace_of

from .conditions import PLACES, made, numbers, on_host, values

CAPABILITY = "lifetime"

ON_HOST = [lane for lane in PLACES if on_host(lane)]
NOT_GPU = [lane for lane in PLACES if not lane.gpu]
TARGETS = ("auto", "numpy", "torch", "jax", "array_api_strict", "memview")


def image_and_memory(lane: Lane, *, times: int = 1) -> "tuple[ZImg, list[weakref.ref[Any]]]":
    """An image with memory that nothing else refers to, and the owners of that memory."""
    hosts = [numbers("uint8") for _ in range(times)]
    xp = namespace_of(lane)
    arrays = [made(lane, xp, "plain", host) for host in hosts]
    image = ZImg(arrays, copy_if_needed=False, layout="ZYX")
    return image, [weakref.ref(host.base) for host in hosts]


def alive(memory: "weakref.ref[Any]") -> bool:
    """Whether memory is still held, once what is held by cycles has gone."""
    if memory() is not None:
        gc.collect()
    return memory() is not None


def shown(x: Array) -> Any:
    """Values of an array or memoryview."""
    return np.asarray(x) if isinstance(x, memoryview) else values(x)


def is_as_made(x: Array) -> bool:
    """Whether an array still has the values that it was made with."""
    return bool((shown(x).reshape(-1) == numbers("uint8").reshape(-1)).all())


@pytest.mark.parametrize("lane", NOT_GPU, ids=lambda lane: lane.id)
def test_an_image_outlives_its_source(lane: Lane) -> None:
    image, (memory,) = image_and_memory(lane)
    assert memory() is not None
    assert is_as_made(image.data[0])
    del image
    assert not alive(memory)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("lane", ON_HOST, ids=lambda lane: lane.id)
def test_arrays_outlive_the_image_and_release_its_memory(lane: Lane, target: str) -> None:
    if target not in ("auto", "memview"):
        pytest.importorskip(target)
    image, (memory,) = image_and_memory(lane)
    (array,) = image.to_arrays(target)  # type: ignore[arg-type]
    del image
    assert memory() is not None or (lane.framework, target) == (
        "jax",
        "torch",
    )  # the one that copies
    assert is_as_made(array)
    del array
    assert not alive(memory)


@pytest.mark.parametrize("lane", NOT_GPU, ids=lambda lane: lane.id)
def test_one_time_does_not_hold_the_others(lane: Lane) -> None:
    image, (first, second) = image_and_memory(lane, times=2)
    kept = image.data[1]
    del image
    assert not alive(first)
    assert second() is not None
    assert is_as_made(kept)


@pytest.mark.parametrize("lane", NOT_GPU, ids=lambda lane: lane.id)
def test_an_image_outlives_the_arrays_that_were_taken_from_it(lane: Lane) -> None:
    image, (memory,) = image_and_memory(lane)
    for _ in range(3):
        image.to_arrays()
        image.to_arrays("memview", device="cpu")
    assert memory() is not None
    assert is_as_made(image.data[0])


@pytest.mark.parametrize("lane", ON_HOST, ids=lambda lane: lane.id)
def test_a_copy_does_not_hold_the_memory_of_the_image(lane: Lane) -> None:
    image, (memory,) = image_and_memory(lane)
    (array,) = image.to_arrays(copy=True)
    del image
    assert not alive(memory)
    assert is_as_made(array)
