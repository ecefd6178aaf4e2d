"""Arrays out of an image: shared, copied or refused, for each framework."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from zimg import ZImg
from zimg.arrays.host import aligned_zeros

SHAPE = (2, 3, 4, 5)


@pytest.fixture
def image():
    """An image in aligned, writable NumPy memory."""
    memory = aligned_zeros(SHAPE, np.uint16)
    memory[...] = np.arange(120, dtype=np.uint16).reshape(SHAPE)
    return ZImg(memory)


def read_only(image: ZImg) -> ZImg:
    memory = image.data[0].view()
    memory.flags.writeable = False
    return ZImg(memory)


def test_auto_gives_what_is_stored(xp, device):
    image = ZImg(xp.zeros(SHAPE, dtype=xp.uint8, device=device))
    (array,) = image.to_arrays()
    assert type(array) is type(image.data[0])
    assert array.device == image.device


@pytest.mark.parametrize("name", ["torch", "pytorch", "jax", "array_api_strict", "numpy"])
def test_aligned_numpy_memory_is_shared_with_every_framework_of_the_host(image, name):
    pytest.importorskip("torch" if name == "pytorch" else name)
    (array,) = image.to_arrays(name, copy=False)
    host = np.asarray(array)
    assert host.ctypes.data == image.data[0].ctypes.data
    assert host.dtype == np.uint16


def test_a_memview_is_four_dimensional_and_writes_through(image):
    (view,) = image.to_arrays("memview")
    assert (view.shape, view.format) == (SHAPE, "H")
    view[1, 2, 3, 4] = 77
    assert image.data[0][1, 2, 3, 4] == 77


@pytest.mark.parametrize("name", ["torch", "jax", "array_api_strict", "numpy"])
def test_a_copy_is_one_when_requested(image, name):
    pytest.importorskip(name)
    (array,) = image.to_arrays(name, copy=True)
    assert np.asarray(array).ctypes.data != image.data[0].ctypes.data
    np.testing.assert_array_equal(np.asarray(array), image.data[0])


def test_torch_never_gets_writable_read_only_memory(image):
    pytest.importorskip("torch")
    kept = read_only(image)
    with pytest.raises(ValueError, match="read-only"):
        kept.to_arrays("torch", copy=False)
    (tensor,) = kept.to_arrays("torch")
    before = kept.data[0].copy()
    tensor.zero_()
    np.testing.assert_array_equal(kept.data[0], before)


def test_jax_memory_is_read_only_outside_and_never_shared_with_torch():
    jnp = pytest.importorskip("jax.numpy")
    pytest.importorskip("torch")
    image = ZImg(jnp.zeros(SHAPE, dtype=jnp.float32))
    (host,) = image.to_arrays("numpy", copy=False)
    assert not host.flags.writeable
    assert host.ctypes.data == image.data[0].unsafe_buffer_pointer()
    with pytest.raises(ValueError, match="read-only"):
        image.to_arrays("torch", copy=False)
    image.to_arrays("torch")[0].add_(1)
    assert not np.asarray(image.data[0]).any()


def test_jax_refuses_to_share_memory_that_is_not_aligned():
    pytest.importorskip("jax")
    memory = aligned_zeros((1, 1, 1, 65), np.float32)[..., 1:]
    image = ZImg(memory)
    with pytest.raises(ValueError, match="alignment"):
        image.to_arrays("jax", copy=False)
    assert image.to_arrays("jax")[0].shape == (1, 1, 1, 64)


@pytest.mark.parametrize("name", ["float64", "int64", "uint64"])
def test_jax_without_wide_types_refuses_instead_of_narrowing(name):
    jax = pytest.importorskip("jax")
    if jax.config.jax_enable_x64:
        pytest.skip("this JAX has 64-bit types switched on")
    with pytest.raises(TypeError, match="jax_enable_x64"):
        ZImg(np.zeros(SHAPE, name)).to_arrays("jax")


def test_wide_types_are_shared_with_a_jax_that_has_them():
    jax = pytest.importorskip("jax")
    memory = aligned_zeros(SHAPE, np.float64)
    switched_on = jax.enable_x64 if hasattr(jax, "enable_x64") else jax.experimental.enable_x64
    with switched_on(True):
        (array,) = ZImg(memory).to_arrays("jax", copy=False)
    assert array.dtype == np.float64
    assert array.unsafe_buffer_pointer() == memory.ctypes.data
    assert np.asarray(array).dtype == np.float64


def test_writes_show_in_jax_unless_a_copy_was_requested(image):
    pytest.importorskip("jax")
    shared, copied = image.to_arrays("jax")[0], image.to_arrays("jax", copy=True)[0]
    image.data[0][0, 0, 0, 0] = 77
    assert (int(shared[0, 0, 0, 0]), int(copied[0, 0, 0, 0])) == (77, 0)


def test_jax_does_not_write_into_shared_memory_that_is_donated(image):
    jax = pytest.importorskip("jax")
    before = image.data[0].copy()
    added = jax.jit(lambda x: x + 1, donate_argnums=0)(*image.to_arrays("jax", copy=False))
    np.testing.assert_array_equal(added, before + 1)
    np.testing.assert_array_equal(image.data[0], before)


@pytest.mark.filterwarnings("ignore:Some donated buffers")
def test_jax_does_not_write_into_read_only_memory_that_is_donated(image):
    jax = pytest.importorskip("jax")
    kept = read_only(image)
    before = kept.data[0].copy()
    jax.jit(lambda x: x * 2, donate_argnums=0)(*kept.to_arrays("jax")).block_until_ready()
    np.testing.assert_array_equal(kept.data[0], before)


def test_bfloat16_goes_between_torch_and_jax_bit_by_bit():
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    bits = torch.arange(2 * 3 * 4 * 5, dtype=torch.int16).reshape(SHAPE)
    image = ZImg(bits.view(torch.bfloat16))
    (there,) = image.to_arrays("jax")
    assert there.dtype == jax.numpy.bfloat16
    (back,) = ZImg(there).to_arrays("torch")
    assert torch.equal(back.view(torch.int16), bits)
    assert ZImg(there).to_arrays("numpy")[0].dtype.name == "bfloat16"
    for name in ("numpy", "memview", "array_api_strict"):
        with pytest.raises(TypeError, match=f"{name} has no dtype bfloat16"):
            image.to_arrays(name)


def test_array_api_is_the_stored_array(xp, device):
    image = ZImg(xp.zeros(SHAPE, dtype=xp.uint8, device=device))
    (array,) = image.to_arrays("array_api")
    assert array.__array_namespace__ if hasattr(array, "__array_namespace__") else array.dtype
    assert hasattr(array, "__dlpack__")
    assert type(array) is type(image.data[0])


@pytest.mark.parametrize("name", ["torch", "jax", "numpy", "array_api_strict"])
def test_a_device_that_is_not_there_is_refused(image, name):
    pytest.importorskip(name)
    with pytest.raises(ValueError, match=r"(?i)device"):
        image.to_arrays(name, device="cuda:7")


def test_a_tensor_has_no_way_to_a_gpu_through_numpy():
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError, match="numpy has no device 'cuda:0'"):
        ZImg(torch.zeros(SHAPE)).to_arrays("numpy", device="cuda:0")


def test_the_decision_shows_the_table_that_is_tested():
    page = Path(__file__).parents[2] / "docs" / "decisions" / "0003-copy-view-refuse.md"
    table: str = import_module("zimg.conformance.conditions").table()
    assert table in page.read_text(encoding="utf-8")


def test_gradients_stay_in_the_image_and_do_not_get_in_the_way():
    torch = pytest.importorskip("torch")
    tensor = torch.ones(SHAPE, requires_grad=True)
    image = ZImg(tensor, copy_if_needed=False)
    assert image.data[0].requires_grad
    (exported,) = image.to_arrays()
    assert not exported.requires_grad
    assert exported.data_ptr() == tensor.data_ptr()
    assert image.to_arrays("numpy")[0].ctypes.data == tensor.data_ptr()


def test_devices_are_named_and_the_host_is_only_reached_on_request():
    strict = pytest.importorskip("array_api_strict")
    image = ZImg(strict.ones(SHAPE, dtype=strict.uint8, device=strict.Device("device1")))
    with pytest.raises(ValueError, match="device='cpu'"):
        image.to_arrays("numpy")
    with pytest.raises(ValueError, match="device='cpu'"):
        image.to_arrays("numpy", device="cpu", copy=False)
    assert image.to_arrays("numpy", device="cpu")[0].sum() == 120
    assert image.to_arrays(device="cpu")[0].device == strict.Device("CPU_DEVICE")
    with pytest.raises(ValueError, match="cannot be shared"):
        image.to_arrays(device="cpu", copy=False)


@pytest.mark.parametrize("name", ["np", "NumPy", "", "memoryview", "AUTO"])
def test_other_names_of_frameworks_are_refused_with_the_known_ones(image, name):
    with pytest.raises(ValueError, match="use one of auto, numpy, torch"):
        image.to_arrays(name)


def test_a_device_that_a_framework_lacks_is_refused(image):
    with pytest.raises(ValueError, match="numpy has no device 'cuda:0'"):
        image.to_arrays("numpy", device="cuda:0")


@pytest.mark.parametrize(
    ("asked", "package", "install"),
    [
        ("cupy", "cupy", "zimg-xp[cupy12] or zimg-xp[cupy13]"),
        ("tf", "tensorflow", "tensorflow"),
        ("pytorch", "torch", "zimg-xp[torch]"),
        ("jax", "jax", "zimg-xp[jax]"),
    ],
)
def test_a_framework_that_is_not_installed_is_named_with_its_extra(
    image, monkeypatch, asked, package, install
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError) as caught:
        image.to_arrays(asked)
    assert str(caught.value) == f"{package} is not installed; pip install {install} adds it"


def test_reversed_views_reach_torch_without_a_crash():
    pytest.importorskip("torch")
    code = (
        "import numpy as np; from zimg import ZImg\n"
        "x = np.arange(120, dtype=np.uint16).reshape(2, 3, 4, 5)\n"
        "for view in (x[:, ::-1], x[..., ::-2], x[:, :, ::-1, ::-1]):\n"
        "    (t,) = ZImg(view).to_arrays('torch')\n"
        "    assert (t.numpy() == view).all()"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
