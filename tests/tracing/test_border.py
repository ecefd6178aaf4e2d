"""Places and values are fetched instead of volumes: the same on every lane, and few bytes."""

import numpy as np
import pytest

from zimg.kernels.voxels import voxel_list
from zimg.ops import upload
from zimg.testing import bring_home
from zimg.tracing import border
from zimg.tracing.border import fetched, values_at

SHAPE = (20, 30, 40)


@pytest.fixture(params=[0, 1, 37, 24_000])
def marks(request):
    mask = np.zeros(SHAPE, np.bool_)
    chosen = np.random.default_rng(3).permutation(mask.size)[: request.param]
    mask.reshape(-1)[chosen] = True
    return mask


def test_chosen_voxels_of_a_list_come_in_order_with_their_values(xp, device, marks, monkeypatch):
    monkeypatch.setattr(border, "to_host", bring_home)
    voxels = voxel_list(upload(marks, on=device, xp=xp))
    chosen = (voxels % 3 == 0) & (voxels < marks.size)
    flat, values = fetched(voxels, voxels // 2, chosen)
    expected = np.flatnonzero(marks)
    expected = expected[expected % 3 == 0]
    assert flat.tolist() == expected.tolist()
    assert values.tolist() == (expected // 2).tolist()


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32"])
def test_values_are_those_at_the_places(xp, device, marks, dtype, monkeypatch):
    monkeypatch.setattr(border, "to_host", bring_home)
    volume = np.arange(marks.size).reshape(SHAPE).astype(dtype)
    places = np.flatnonzero(marks)[::-1]
    found = values_at(upload(volume, on=device, xp=xp), places)
    assert found.tolist() == volume.reshape(-1)[places].tolist()


def test_a_device_sends_what_is_requested_and_no_volume():
    torch = pytest.importorskip("torch")
    from zimg.conformance.certify.counting import counted  # type: ignore[import-not-found]
    from zimg.conformance.certify.pretending import pretended_gpu  # type: ignore[import-not-found]

    volume = torch.zeros((64, 128, 128), dtype=torch.int32)
    volume[5, 6, 7:17] = 3
    with pretended_gpu("torch"), counted("torch") as ledger:
        voxels = voxel_list(volume > 0)
        places, _ = fetched(voxels, voxels, voxels < volume.numel())
        assert values_at(volume, places).tolist() == [3] * 10
    assert ledger.total.downloaded < 0.02 * volume.numel()
