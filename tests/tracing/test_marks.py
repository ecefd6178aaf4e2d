"""Host masks beside a volume: the same voxels on every lane and device, in few bytes."""

import numpy as np
import pytest

from zimg.ops import upload
from zimg.testing import bring_home
from zimg.tracing import border
from zimg.tracing import marks as module
from zimg.tracing.labels import label_trace
from zimg.tracing.marks import marks_beside

ROW = np.array([3.0, 0.8, 2.1, 1.3, 11.0, 18.3, 21.6, 12.2])


@pytest.fixture
def as_device(monkeypatch):
    """All arrays are treated as those of a device."""
    monkeypatch.setattr(module, "on_host", lambda _: False)


@pytest.mark.usefixtures("as_device")
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (2, 4, 8), (17, 30, 41)])
def test_a_device_receives_the_voxels_that_are_set(xp, device, shape, share):
    random = np.random.default_rng(4)
    mask = np.where(random.random(shape) < share, random.integers(1, 256, shape), 0)
    image = upload(np.zeros(shape, np.float32), on=device, xp=xp)
    found = bring_home(marks_beside(mask.astype(np.uint8), image))
    assert found.dtype == np.bool_
    np.testing.assert_array_equal(found, mask > 0)


def test_the_host_converts_the_mask_itself(xp, device):
    mask = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 3
    image = upload(mask, on=device, xp=xp)
    np.testing.assert_array_equal(bring_home(marks_beside(mask, image)), mask > 0)


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_the_bytes_that_travel_depend_on_the_segments_and_not_on_the_volume(framework):
    pytest.importorskip(framework)
    from zimg.conformance.certify.budgets import _namespace  # type: ignore[import-not-found]
    from zimg.conformance.certify.counting import counted  # type: ignore[import-not-found]
    from zimg.conformance.certify.pretending import pretended_gpu  # type: ignore[import-not-found]

    sent = []
    for height in (64, 256):
        mask = np.zeros((32, height, 64), np.uint8)
        label_trace(mask, ROW[None], 1.0)
        image = upload(mask, on=None, xp=_namespace(framework))
        with pretended_gpu(framework), counted(framework) as ledger:
            found = marks_beside(mask, image)
        np.testing.assert_array_equal(np.asarray(found), mask > 0)
        sent.append(ledger.total.uploaded)
    assert sent[0] == sent[1] == 5 * border.FEWEST
