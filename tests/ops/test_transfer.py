"""Visible transfers: values, layouts, and refusals."""

import numpy as np
import pytest

from zimg.ops import like, synchronize, threads, to_host, upload
from zimg.testing import bring_home

HOST = np.arange(12, dtype=np.float32).reshape(3, 4)
LAYOUTS = {
    "plain": HOST,
    "reversed": HOST[::-1],
    "transposed": HOST.T,
    "sliced": HOST[:, ::2],
    "big-endian": HOST.astype(">f4"),
    "empty": HOST[:0],
    "scalar": HOST[1, 1].reshape(()),
    "uint16": HOST.astype(np.uint16),
    "bool": HOST > 3,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_array_of_any_layout_follows_the_image(xp, device, layout):
    image = xp.zeros(2, dtype=xp.float32, device=device)
    got = like(LAYOUTS[layout], image)
    assert got.device == image.device
    np.testing.assert_array_equal(bring_home(got), LAYOUTS[layout])


def test_the_dtype_is_converted_on_request(xp, device):
    image = xp.zeros(2, dtype=xp.float32, device=device)
    assert like(np.arange(3, dtype=np.int64), image, dtype=np.int32).dtype == xp.int32


def test_writing_to_an_upload_never_reaches_read_only_memory():
    torch = pytest.importorskip("torch")
    host = np.zeros(3, np.float32)
    host.flags.writeable = False
    like(host, torch.zeros(1)).add_(1.0)
    assert host.tolist() == [0.0, 0.0, 0.0]


def test_a_type_that_jax_has_switched_off_is_refused():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(False), pytest.raises(TypeError, match="jax_enable_x64"):
        upload(np.zeros(2), on=None, xp=jax.numpy)


def test_a_type_that_jax_has_switched_on_is_kept():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        assert upload(np.zeros(2), on=None, xp=jax.numpy).dtype == jax.numpy.float64


@pytest.mark.parametrize("name", ["bool", "uint8", "uint16", "int32", "float32"])
def test_an_array_comes_home_with_its_dtype(xp, device, name):
    x = xp.asarray([0, 1], dtype=getattr(xp, name), device=device)
    assert bring_home(x).dtype == np.dtype(name)


def test_numpy_is_at_home_already():
    assert to_host(HOST) is HOST


def test_a_device_that_the_host_cannot_read_is_refused():
    strict = pytest.importorskip("array_api_strict")
    far = strict.zeros(2, device=strict.Device("device1"))
    with pytest.raises(TypeError, match="device1"):
        to_host(far)


def test_a_tensor_with_a_gradient_comes_home():
    torch = pytest.importorskip("torch")
    assert to_host(torch.ones(2, requires_grad=True)).tolist() == [1.0, 1.0]


def test_threads_of_torch_are_restored():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    with threads(before + 1, xp=torch):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_waiting_changes_nothing(xp, device):
    x = xp.ones(3, dtype=xp.float32, device=device)
    assert synchronize(x) is None
    assert bring_home(x).tolist() == [1.0, 1.0, 1.0]
