"""Lanes take the flags of the device that is asked for; a JAX device that is away, simulated."""

import numpy as np
import pytest
from zimg.conformance.conditions import PLACES, on_host
from zimg.conformance.test_interop import cases, check_export, crash_prone

import zimg.arrays.export
import zimg.ops.memory
import zimg.testing
from zimg.arrays.interop import framework_name
from zimg.testing import LANES, Lane, likely_lanes, missing_device, namespace_of, with_device

ASKED = [
    ("jax", "gpu:0", "jax-gpu", True),
    ("jax", "cuda:1", "jax-cuda", True),
    ("jax", "cpu", "jax", False),
    ("torch", "cuda:1", "torch-cuda", True),
    ("torch", "mps", "torch-mps", True),
    ("torch", "xpu:0", "torch-xpu", True),
    ("torch", "cpu", "torch", False),
    ("cupy", "cuda:1", "cupy", True),
]


@pytest.mark.parametrize(("framework", "on", "name", "gpu"), ASKED)
def test_a_lane_has_the_flags_of_the_device_that_is_requested(framework, on, name, gpu):
    (lane,) = (each for each in with_device(LANES, framework, on) if each.framework == framework)
    assert (lane.id, lane.device, lane.gpu) == (name, on, gpu)
    assert on_host(lane) != gpu


def test_a_lane_of_another_package_keeps_its_own_flag():
    acme = Lane("acme", "acme_arrays", None, gpu=False)
    assert with_device((*LANES, acme), "acme_arrays", "card:0")[-1] == Lane(
        "acme", "acme_arrays", "card:0"
    )


@pytest.mark.parametrize(("framework", "on"), [each[:2] for each in ASKED if each[3]])
def test_a_device_that_is_missing_is_named_or_there(framework, on):
    *_, lane = with_device(LANES, framework, on)
    told = missing_device(lane)
    assert told is None or framework in told


def test_other_devices_are_looked_for_without_their_framework(monkeypatch):
    monkeypatch.setattr(zimg.testing, "version", lambda name: "2.9+xpu" if name == "torch" else "1")
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert [lane.id for lane in likely_lanes()] == ["torch-mps", "torch-xpu", "jax-gpu"]


@pytest.fixture
def away(monkeypatch):
    """The lane of JAX on a GPU, whose arrays are in host memory that the library cannot see."""
    jax = pytest.importorskip("jax")
    real, really = zimg.ops.memory.on_host, zimg.testing._listed_device
    monkeypatch.setattr(
        zimg.arrays.export, "on_host", lambda x: framework_name(x) != "jax" and real(x)
    )
    monkeypatch.setattr(zimg.arrays.export, "to_host", lambda x: np.array(x))
    monkeypatch.setattr(zimg.testing, "missing_device", lambda _: None)
    monkeypatch.setattr(
        zimg.testing,
        "_listed_device",
        lambda name, *rest: jax.devices()[0] if name == "gpu:0" else really(name, *rest),
    )
    return with_device(LANES, "jax", "gpu:0")[-1]


# The host of JAX itself cannot be told from the pretended device.
OTHERS = [each for each in PLACES if not each.gpu and each.framework != "jax"]


@pytest.mark.parametrize("place", OTHERS, ids=lambda place: place.id)
def test_what_leaves_a_jax_device_follows_the_rules_of_devices(away, place):
    namespace_of(place)
    chosen = [case for case in cases((away, place)) if not crash_prone(case)]
    assert chosen
    for case in chosen:
        check_export(*case)
