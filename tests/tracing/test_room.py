"""A volume that the memory of its device does not hold is refused by its size, with a way out."""

import numpy as np
import pytest

from zimg import BlockedTracer, ZException, trace
from zimg.ops.memory import free_memory
from zimg.phantom import neurite
from zimg.tracing import room


def test_host_memory_is_not_checked(xp, device):
    assert free_memory(xp.zeros((2,), dtype=xp.uint8, device=device)) is None or "cpu" not in str(
        device
    )


def test_a_volume_that_does_not_fit_is_refused_and_what_would_fit_is_named(monkeypatch):
    volume = neurite().volume
    free = room.FIXED + volume.size * room.bytes_per_voxel(volume) // 7
    monkeypatch.setattr(room, "free_memory", lambda _: free)
    with pytest.raises(ZException, match=r"32 x 64 x 80 .* downsample=\(2, 2, 2\)") as refused:
        trace(volume)
    assert f"zimg.{BlockedTracer.__name__}" in str(refused.value)
    room.check_room(volume, factors=(2, 2, 2))
    with pytest.raises(ZException, match=r"downsample=\(2, 4, 2\)"):
        room.check_room(volume, factors=(1, 2, 1))


def test_a_volume_that_fits_is_traced(monkeypatch):
    volume = neurite().volume
    monkeypatch.setattr(
        room, "free_memory", lambda _: room.FIXED + volume.size * room.bytes_per_voxel(volume)
    )
    assert len(trace(np.asarray(volume), mode="reference"))


def test_a_device_smaller_than_the_fixed_part_is_refused(monkeypatch):
    monkeypatch.setattr(room, "free_memory", lambda _: room.FIXED // 2)
    with pytest.raises(ZException, match="downsample"):
        trace(neurite().volume)


@pytest.mark.parametrize(("dtype", "expected"), [("uint8", 18), ("uint16", 21), ("float32", 27)])
def test_wider_voxels_need_more_memory(xp, device, dtype, expected):
    volume = xp.zeros((2, 3, 4), dtype=getattr(xp, dtype), device=device)
    assert room.bytes_per_voxel(volume) == expected
