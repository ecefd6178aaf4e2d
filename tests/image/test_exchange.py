"""NumPy's and DLPack's protocols, and images in another framework."""

import copy
import pickle

import numpy as np
import pytest

from zimg import ZImg, ZImgInfo
from zimg.arrays.interop import framework_name
from zimg.ops.memory import on_host
from zimg.testing import bring_home

SHAPE = (2, 3, 4, 5)


def image_of(xp, device) -> ZImg:
    return ZImg(xp.reshape(xp.arange(120, dtype=xp.float32, device=device), SHAPE))


def read_only(dtype="u2") -> np.ndarray:
    x = np.arange(120, dtype=dtype).reshape(SHAPE)
    x.flags.writeable = False
    return x


def test_numpy_takes_the_only_time_point_by_view_and_never_from_a_device(xp, device):
    image = image_of(xp, device)
    if not on_host(image.data[0]):
        with pytest.raises(ValueError, match="device="):
            np.asarray(image)
        return
    x = np.asarray(image)
    assert x.shape == SHAPE
    assert x.ctypes.data == np.asarray(image.data[0]).ctypes.data
    assert x.flags.writeable == (framework_name(image.data[0]) != "jax")


def test_numpy_may_ask_for_a_copy_or_another_dtype():
    x = np.arange(120, dtype=np.uint16).reshape(SHAPE)
    image = ZImg(x)
    assert np.shares_memory(np.array(image, copy=False), x)
    assert not np.shares_memory(np.array(image), x)
    assert np.shares_memory(np.asarray(image, dtype="u2"), x)
    as_float = np.asarray(image, dtype=np.float64)
    assert as_float.dtype == np.float64
    np.testing.assert_array_equal(as_float, x)
    with pytest.raises(ValueError, match="needs a copy"):
        np.array(image, dtype=np.float64, copy=False)


def test_numpy_sees_read_only_memory_as_read_only_and_copies_are_free():
    x = read_only()
    assert np.shares_memory(np.asarray(ZImg(x)), x)
    assert not np.asarray(ZImg(x)).flags.writeable
    assert np.array(ZImg(x)).flags.writeable


def test_dlpack_shares_memory_that_may_be_written_to():
    x = np.zeros(SHAPE, np.float32)
    image = ZImg(x)
    assert image.__dlpack_device__() == (1, 0)
    assert np.shares_memory(np.from_dlpack(image), x)
    torch = pytest.importorskip("torch")
    torch.from_dlpack(image)[0, 0, 0, 0] = 7
    assert x[0, 0, 0, 0] == 7
    tensor = torch.zeros(SHAPE, requires_grad=True)
    assert np.from_dlpack(ZImg(tensor)).ctypes.data == tensor.data_ptr()


def test_dlpack_copies_read_only_memory_or_refuses():
    torch = pytest.importorskip("torch")
    x = read_only("f4")
    taken = torch.from_dlpack(ZImg(x))
    taken += 1
    np.testing.assert_array_equal(x.ravel(), np.arange(120))
    with pytest.raises(BufferError, match="read-only"):
        ZImg(x).__dlpack__(copy=False)


@pytest.mark.parametrize("framework", ["numpy", "jax"])
def test_dlpack_shares_read_only_memory_with_who_heeds_its_flag(framework):
    x = read_only("f4")
    if framework == "jax":
        x = pytest.importorskip("jax.numpy").asarray(x)
    image = ZImg(x)
    taken = np.from_dlpack(image)
    assert not taken.flags.writeable
    assert taken.ctypes.data == np.asarray(image.data[0]).ctypes.data
    np.testing.assert_array_equal(taken, np.asarray(x))
    copied = np.from_dlpack(image, copy=True)
    assert copied.ctypes.data != taken.ctypes.data


def test_dlpack_never_hands_out_the_memory_of_a_jax_array():
    jnp, torch = pytest.importorskip("jax.numpy"), pytest.importorskip("torch")
    x = jnp.zeros(SHAPE)
    torch.from_dlpack(ZImg(x)).fill_(3)
    assert not bool(x.any())
    with pytest.raises(BufferError):
        ZImg(x).__dlpack__(copy=False)


@pytest.mark.parametrize("image", [ZImg(), ZImg(ZImgInfo(5, 4, 3, 2, 2))])
@pytest.mark.parametrize("take", [np.asarray, np.from_dlpack])
def test_the_protocols_need_one_time_point_and_say_how_to_get_it(image, take):
    with pytest.raises(ValueError, match=r"time points.*image\[t\].*to_arrays"):
        take(image)


def test_an_image_in_another_framework_keeps_its_metadata(xp, device):
    image = image_of(xp, device)
    if not on_host(image.data[0]):
        pytest.skip("other frameworks cannot see this device")
    info = image.info
    info.channelNames = ["a", "b"]
    image.info = info
    for framework in ("numpy", "torch", "jax", "array_api_strict"):
        pytest.importorskip(framework)
        there = image.to(framework)
        assert isinstance(there, ZImg)
        assert framework_name(there.data[0]) == framework
        assert there.info == info
        np.testing.assert_array_equal(bring_home(there.data[0]), bring_home(image.data[0]))


def test_moving_shares_memory_where_exporting_does():
    x = np.zeros(SHAPE, np.float32)
    pytest.importorskip("torch")
    ZImg(x).to("torch", copy=False).data[0][0, 0, 0, 0] = 4
    assert x[0, 0, 0, 0] == 4
    assert not np.shares_memory(ZImg(x).to(copy=True).data[0], x)
    for framework in ("memview", "tensorflow", "tf"):
        with pytest.raises(ValueError, match="to_arrays"):
            ZImg(x).to(framework)


def test_copies_share_arrays_and_deep_copies_do_not(xp, device):
    image = image_of(xp, device)
    shallow, deep = copy.copy(image), copy.deepcopy(image)
    assert shallow.data[0] is image.data[0]
    assert deep.data[0] is not image.data[0]
    for twin in (shallow, deep):
        assert twin.info == image.info
        np.testing.assert_array_equal(bring_home(twin.data[0]), bring_home(image.data[0]))
        changed = twin.info
        changed.channelNames = ["new", "names"]
        twin.info = changed
        assert image.info.channelNames == ["", ""]


def test_deep_copies_of_tensors_with_gradients_and_read_only_memory_are_plain():
    torch = pytest.importorskip("torch")
    leaf = torch.ones(SHAPE, requires_grad=True)
    deep = copy.deepcopy(ZImg(leaf * 2))
    assert not deep.data[0].requires_grad
    assert copy.deepcopy(ZImg(read_only())).data[0].flags.writeable


@pytest.mark.parametrize("framework", ["numpy", "torch", "jax", "array_api_strict"])
def test_images_can_be_pickled(framework):
    pytest.importorskip(framework)
    info = ZImgInfo(5, 4, 3, 2, 2, bytePerVox=2)
    info.channelNames = ["a", "b"]
    image = ZImg(info)
    image.data[1][...] = 3
    image = image.to(framework)
    twin = pickle.loads(pickle.dumps(image))
    assert (twin.shape, twin.dtype, twin.info) == (image.shape, image.dtype, image.info)
    assert framework_name(twin.data[0]) == framework
    np.testing.assert_array_equal(twin.to_arrays("numpy"), image.to_arrays("numpy"))


def test_an_image_of_an_image_is_refused_with_advice():
    image = ZImg(np.zeros(SHAPE, np.uint8))
    for source in (image, [image], (image, image)):
        with pytest.raises(TypeError, match=r"copy\.copy"):
            ZImg(source)
