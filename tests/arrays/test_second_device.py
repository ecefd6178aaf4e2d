"""Work on the second device of JAX stays there; two devices are simulated on the CPU."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("jax")

WORK = """
import sys, contextlib
import jax, numpy as np, zimg
from zimg._dispatch import array_namespace
from zimg.conformance.certify.pretending import pretended_gpu
from zimg.phantom import neurite

volume = neurite().volume[:, :40, :40]
x, mask, labels = (
    jax.device_put(each, jax.devices()[1])
    for each in (volume, volume > 100, (volume > 100).astype(np.int32))
)
array_namespace(x)  # array-api-compat makes an array on the first device, once
ends = (5.0, 20.0, 16.0), (30.0, 20.0, 16.0)
works = {
    "skeletonize": lambda: zimg.skeletonize(mask),
    "skeletonize_labels": lambda: zimg.skeletonize_labels(labels)[1],
    "trace_path": lambda: zimg.trace_path(x, *ends),
    "trace_from": lambda: zimg.trace_from(x, (17.5, 20.0, 16.0)),
    "reference": lambda: zimg.trace(x, mode="reference"),
    "accurate": lambda: zimg.trace(x),
}
manner = pretended_gpu("jax") if sys.argv[1] == "gpu" else contextlib.nullcontext()
with manner, jax.transfer_guard_device_to_device("disallow_explicit"):
    with jax.transfer_guard_host_to_device("log_explicit"):
        for name in sys.argv[2:]:
            works[name]()
assert not [a for a in jax.live_arrays() if jax.devices()[0] in a.devices()]
"""
HAND = ("skeletonize", "skeletonize_labels", "trace_path")
TRACES = ("trace_from", "reference", "accurate")


@pytest.mark.parametrize(
    ("manner", "works"),
    [
        ("host", HAND + TRACES),
        pytest.param("gpu", HAND, marks=pytest.mark.slow),
        pytest.param("gpu", TRACES, marks=pytest.mark.slow),
    ],
)
def test_work_on_the_second_device_never_touches_the_first(manner, works):
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    command = [sys.executable, "-W", "ignore", "-c", WORK, manner, *works]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    sent = [line for line in done.stderr.splitlines() if "host-to-device" in line]
    assert not [line for line in sent if "device=CpuDevice(id=0)" in line]
    assert manner == "host" or sent
