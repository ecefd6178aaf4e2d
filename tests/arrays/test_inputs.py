"""What an image takes: every framework, buffers, dtypes, byte orders, odd strides, lists."""

import array
import ctypes
import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from zimg import ZImg, ZImgInfo
from zimg.arrays.interop import dtype_name, framework_name

SHAPE = (2, 3, 4, 5)
COUNT = 120
ACCEPTED = (
    *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("float16", "float32", "float64"),
)


def values(dtype="u2") -> np.ndarray:
    return np.arange(COUNT).reshape(SHAPE).astype(dtype)


# Frameworks


@pytest.mark.parametrize("name", [*ACCEPTED, "bfloat16"])
def test_torch_holds_every_dtype_by_sharing(name):
    torch = pytest.importorskip("torch")
    x = torch.zeros(SHAPE, dtype=getattr(torch, name))
    image = ZImg(x, copy_if_needed=False)
    assert image.data[0].data_ptr() == x.data_ptr()
    assert (dtype_name(image.dtype), framework_name(image.data[0])) == (name, "torch")
    assert image.info.bytesPerVoxel == x.element_size()
    assert ZImg(x.permute(3, 2, 1, 0)).data[0].dtype == x.dtype


@pytest.mark.parametrize("name", [*ACCEPTED, "bfloat16"])
def test_jax_holds_every_dtype_that_is_switched_on_by_sharing(name):
    jax = pytest.importorskip("jax")
    with jax.enable_x64(name.endswith("64")):
        x = jax.numpy.zeros(SHAPE, dtype=name)
        assert ZImg(x, copy_if_needed=False).data[0] is x
        permuted = ZImg(x, layout="XYZC").data[0]
        assert (dtype_name(permuted.dtype), permuted.shape) == (name, SHAPE[::-1])


@pytest.mark.parametrize("name", ["float64", "int64", "uint64"])
def test_jax_arrays_of_a_type_since_switched_off_are_kept_or_refused_but_never_narrowed(name):
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        x = jax.numpy.zeros(SHAPE, dtype=name)
    with jax.enable_x64(False):
        assert ZImg(x).data[0] is x
        for take in (lambda: ZImg(x, layout="XYZC"), lambda: ZImg(x)[0, 1]):
            with pytest.raises(TypeError, match=rf"{name} switched off.*jax_enable_x64"):
                take()


def test_dask_is_computed_on_entry_only_where_a_copy_is_allowed():
    da = pytest.importorskip("dask.array")
    x = da.from_array(values(), chunks=(1, 3, 2, 5))
    with pytest.raises(ValueError, match="Dask array has no memory"):
        ZImg(x, copy_if_needed=False)
    image = ZImg(x)
    assert isinstance(image.data[0], np.ndarray)
    np.testing.assert_array_equal(image.data[0], values())


def test_tensors_with_gradients_are_shared_and_leave_without_them():
    torch = pytest.importorskip("torch")
    x = torch.ones(SHAPE, requires_grad=True)
    image = ZImg(x, copy_if_needed=False)
    assert image.data[0].data_ptr() == x.data_ptr()
    for framework in ("auto", "torch", "numpy"):
        taken = image.to_arrays(framework, copy=False)[0]
        assert not getattr(taken, "requires_grad", False)
    assert ZImg((x * 2).permute(3, 2, 1, 0)).shape == (1, *SHAPE[::-1])


def test_sparse_and_masked_arrays_are_refused():
    with pytest.raises(TypeError, match="MaskedArray"):
        ZImg(np.ma.masked_equal(values(), 3))
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="plain array"):
        ZImg(torch.zeros(4, 5).to_sparse(), layout="YX")


# Buffers and DLPack


@pytest.mark.parametrize("code", ["b", "B", "h", "H", "i", "I", "q", "Q", "f", "d"])
def test_typed_buffers_are_shared(code):
    numbers = array.array(code, range(COUNT))
    image = ZImg(memoryview(numbers).cast("B").cast(code, SHAPE), copy_if_needed=False)
    image.data[0][0, 0, 0, 0] = 99
    assert numbers[0] == 99
    assert image.info.bytesPerVoxel == numbers.itemsize


def test_arrays_of_ctypes_are_shared():
    numbers = ((ctypes.c_uint16 * 5) * 4)()
    ZImg(numbers, copy_if_needed=False, layout="YX").data[0][0, 0, 1, 2] = 7
    assert numbers[1][2] == 7


@pytest.mark.parametrize("data", [bytes(COUNT), bytearray(COUNT), array.array("H", [1, 2])])
def test_flat_buffers_are_no_image(data):
    with pytest.raises(ValueError, match="one letter per axis"):
        ZImg(data)


def test_bytes_are_shared_and_stay_read_only():
    data = bytes(range(COUNT))
    image = ZImg(memoryview(data).cast("B", SHAPE), copy_if_needed=False)
    assert not image.data[0].flags.writeable
    assert not np.asarray(image).flags.writeable
    assert image.to_arrays("memview")[0].readonly


def test_what_only_converts_to_an_array_is_refused():
    class Convertible:
        def __array__(self, dtype=None, copy=None):
            return values()

    with pytest.raises(TypeError, match="cannot make an image from Convertible"):
        ZImg(Convertible())


# NumPy's own variety


@pytest.mark.parametrize("name", ACCEPTED)
@pytest.mark.parametrize("order", ["<", ">"])
def test_either_byte_order_gives_native_voxels_with_one_copy_at_most(name, order):
    x = values(name).astype(np.dtype(name).newbyteorder(order))
    image = ZImg(x)
    assert image.data[0].dtype == np.dtype(name)
    assert np.shares_memory(image.data[0], x) == x.dtype.isnative
    np.testing.assert_array_equal(image.data[0], x)


def test_swapped_bytes_in_another_order_are_identified_by_the_reason_that_holds():
    x = values(">u2")
    with pytest.raises(ValueError, match="byte order >u2"):
        ZImg(x, copy_if_needed=False)
    np.testing.assert_array_equal(ZImg(x.T, layout="XYZC").data[0], x)


@pytest.mark.parametrize(
    "dtype", ["c8", "c16", "O", "S3", "U3", "M8[s]", "m8[s]", "V4", [("a", "u1")], np.longdouble]
)
def test_other_dtypes_are_refused_by_name(dtype):
    x = np.zeros(SHAPE, dtype)
    with pytest.raises(TypeError, match="accepted are bool") as caught:
        ZImg(x)
    assert str(x.dtype) in str(caught.value)


def test_subclasses_are_stored_as_plain_arrays_of_their_memory(tmp_path):
    matrix = np.arange(20).reshape(4, 5).view(np.matrix)
    mapped = np.memmap(tmp_path / "voxels", np.uint16, "w+", shape=SHAPE)
    for x, layout in ((matrix, "YX"), (mapped, "CZYX")):
        stored = ZImg(x, copy_if_needed=False, layout=layout).data[0]
        assert type(stored) is np.ndarray
        assert np.shares_memory(stored, x)


def test_misaligned_memory_in_c_order_is_shared():
    buffer = bytearray(2 * COUNT + 1)
    x = np.frombuffer(buffer, np.uint16, offset=1).reshape(SHAPE)
    assert not x.flags.aligned
    assert np.shares_memory(ZImg(x, copy_if_needed=False).data[0], x)


@pytest.mark.parametrize(
    "x", [np.broadcast_to(np.uint16(3), SHAPE), values()[:, :, ::-1], values()[..., ::2]]
)
def test_copies_start_where_jax_can_share_them(x):
    stored = ZImg(x).data[0]
    assert stored.flags.writeable
    assert stored.ctypes.data % 64 == 0
    np.testing.assert_array_equal(stored, x)


@pytest.mark.parametrize(
    ("x", "layout"),
    [
        (np.zeros((4, 64, 64, 64), ">u2"), "CZYX"),
        (np.zeros((4, 64, 64, 64), ">u2")[:, ::-1], "XYZC"),
        (np.zeros((4, 64, 64, 64), "f4")[..., ::2], "ZYXC"),
        (np.zeros((4, 64, 64, 64), "u1"), "XYZT"),
        (np.broadcast_to(np.uint16(3), (4, 64, 64, 64)), "TZYX"),
    ],
)
def test_what_cannot_be_shared_is_copied_once(x, layout):
    ZImg(x[..., :1], layout=layout)  # what is made once for all images does not count
    tracemalloc.start()
    image = ZImg(x, layout=layout)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert x.size * x.itemsize <= peak < 1.1 * x.size * x.itemsize
    assert sum(point.size for point in image.data) == x.size


def test_copies_of_jax_arrays_stay_on_their_device():
    pytest.importorskip("jax")
    code = """
import jax
from zimg import ZImg
x = jax.device_put(jax.numpy.zeros((16, 16, 16)), jax.devices("cpu")[1])
images = ZImg(x, layout="ZYX"), ZImg(x, layout="XYZ"), ZImg(x, layout="ZYX")[..., ::2]
assert {image.device for image in images} == {x.device}, images
"""
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=120)


def test_images_without_memory_are_described_and_permuted_but_never_read():
    torch = pytest.importorskip("torch")
    x = torch.zeros(SHAPE, dtype=torch.int16, device="meta")
    image = ZImg(x)
    assert repr(image) == "ZImg(times=1, channels=2, z=3, y=4, x=5, int16, torch on meta)"
    assert ZImg(x, layout="XYZC")[..., ::2].data[0].device.type == "meta"
    for read in (np.asarray, lambda image: image.to_arrays("numpy")):
        with pytest.raises(ValueError, match="device='cpu'"):
            read(image)


def test_jax_reports_why_a_time_point_cannot_be_shared():
    jnp = pytest.importorskip("jax.numpy")
    x = jnp.zeros((3, 5, 5), jnp.uint8)
    with pytest.raises(ValueError, match="aligned to 64 bytes"):
        ZImg(x, copy_if_needed=False, layout="TYX")
    assert ZImg(x, layout="TYX").shape == (3, 1, 1, 5, 5)


@pytest.mark.parametrize(
    ("shape", "layout"), [((), ""), ((5,), "X"), ((0, 5), "YX"), ((2, 0, 4, 5), "CZYX")]
)
def test_arrays_without_two_axes_or_without_voxels_are_refused(xp, device, shape, layout):
    with pytest.raises(ValueError, match="layout"):
        ZImg(xp.zeros(shape, dtype=xp.float32, device=device), layout=layout)


# Lists


def test_an_array_that_is_given_twice_is_shared_twice():
    x = values()
    image = ZImg([x, x], copy_if_needed=False)
    image.data[0][0, 0, 0, 0] = 9
    assert image.data[1][0, 0, 0, 0] == 9
    assert image.info.timeStamps == [0.0, 1.0]


def test_only_the_member_that_does_not_conform_is_copied():
    fine, reversed_, swapped = values(), values()[:, ::-1], values(">u2")
    first, second, third = ZImg([fine, reversed_, swapped]).data
    assert np.shares_memory(first, fine)
    assert not np.shares_memory(second, reversed_)
    np.testing.assert_array_equal(second, reversed_)
    np.testing.assert_array_equal(third, swapped)
    with pytest.raises(ValueError, match="array 1 of the list: strides"):
        ZImg([fine, reversed_], copy_if_needed=False)


@pytest.mark.parametrize("wrap", [list, tuple])
def test_lists_split_the_times_of_each_member(wrap):
    series = np.arange(2 * COUNT, dtype="u2").reshape(2, *SHAPE)
    image = ZImg(wrap([series, series[:1]]), layout="TCZYX", copy_if_needed=False)
    assert image.shape == (3, *SHAPE)


def test_mixed_frameworks_dtypes_and_shapes_are_refused():
    torch = pytest.importorskip("torch")
    jnp = pytest.importorskip("jax.numpy")
    x = values("f4")
    for other in (torch.from_numpy(x), jnp.asarray(x)):
        with pytest.raises(TypeError, match="the same framework"):
            ZImg([x, other])
    for other in (values("f8"), values("f4")[:1]):
        with pytest.raises(ValueError, match="same shape and dtype"):
            ZImg([x, other])
    with pytest.raises(TypeError, match="object"):
        ZImg([x, [[1, 2], [3, 4]]])
    with pytest.raises(ValueError, match="got an empty list"):
        ZImg([])


# Names of arguments


def test_the_arguments_have_the_names_of_the_reference():
    x, info = values(), ZImgInfo(5, 4, 3, 2)
    assert ZImg(ndarray=x, imgInfo=info, copy_if_needed=False, layout="CZYX").shape[0] == 1
    assert ZImg(listOfndarray=[x, x], imgInfo=info).shape[0] == 2
    assert ZImg(listOfndarray=np.stack([x, x])).shape[0] == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"ndarray": values(), "filename": "a.tif"}, "made from one source"),
        ({"ndarray": values(), "info": ZImgInfo()}, "accepts imgInfo, copy_if_needed, layout"),
        ({"layout": "ZYX"}, "accepts no further arguments"),
        ({"ndarray": values(), "imgInfo": "ZYX"}, "imgInfo must be a ZImgInfo"),
        ({"ndarray": values(), "layout": 3}, "layout must be a string"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(arguments, told):
    with pytest.raises(TypeError, match=told):
        ZImg(**arguments)


@pytest.mark.parametrize("name", [name for name in ACCEPTED if name != "bool"])
def test_zeros_have_the_type_that_the_metadata_states(name):
    info = ZImg(np.ones(SHAPE, name)).info
    image = ZImg(info)
    assert (image.dtype, image.shape) == (np.dtype(name), (1, *SHAPE))
    assert not any(x.any() for x in image.data)
    assert image.info == info


def test_zeros_keep_the_metadata_they_are_made_of():
    info = ZImgInfo(5, 4, 3, 2, 2, bytePerVox=2)
    info.channelNames, info.timeStamps = ["a", "b"], [0.5, 1.5]
    image = ZImg(info)
    assert image.info == info
    assert all(x.ctypes.data % 64 == 0 for x in image.data)


def test_an_image_too_large_for_the_machine_is_refused_by_its_size():
    with pytest.raises(RuntimeError, match="cannot allocate 1152921504606846976 bytes"):
        ZImg(ZImgInfo(2**20, 2**20, 2**20))


def test_the_metadata_of_an_image_cannot_outgrow_its_arrays():
    image = ZImg(np.zeros((1, 1, 2, 2), np.uint8))
    with pytest.raises(ValueError, match="size and type"):
        image.info = ZImgInfo(100, 100)
    with pytest.raises(TypeError, match="info must be a ZImgInfo"):
        image.info = {"width": 100}  # type: ignore[assignment]
    assert image.data[0].shape == (1, 1, 2, 2)


def test_the_negative_bit_of_a_tensor_is_resolved_once_or_refused():
    torch = pytest.importorskip("torch")
    x = torch._neg_view(torch.arange(20.0).reshape(4, 5))
    image = ZImg(x, layout="YX")
    expected = -np.arange(20, dtype=np.float32).reshape(4, 5)
    np.testing.assert_array_equal(image.to_arrays("numpy")[0][0, 0], expected, strict=True)
    np.testing.assert_array_equal(np.from_dlpack(image)[0, 0], expected)
    with pytest.raises(ValueError, match="negative bit"):
        ZImg(x, layout="YX", copy_if_needed=False)


SHARDED = """
import jax, numpy as np, zimg
from jax.sharding import Mesh, NamedSharding, PartitionSpec
spread = NamedSharding(Mesh(np.array(jax.devices()), ("a",)), PartitionSpec("a"))
x = jax.device_put(jax.numpy.arange(64.0).reshape(4, 4, 4), spread)
assert len(x.devices()) == 2
image = zimg.ZImg(x, layout="ZYX")
assert len(image.data[0].devices()) == 1
np.testing.assert_array_equal(np.asarray(image)[0], np.arange(64.0).reshape(4, 4, 4))
assert float((image + 1).data[0].sum()) == 64 + 2016
try:
    zimg.ZImg(x, layout="ZYX", copy_if_needed=False)
except ValueError as error:
    print(error)
"""


def test_an_array_of_jax_on_several_devices_is_gathered_on_one_or_refused():
    pytest.importorskip("jax")
    flags = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    command = [sys.executable, "-c", SHARDED]
    done = subprocess.run(command, env=flags, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "on several devices" in done.stdout
