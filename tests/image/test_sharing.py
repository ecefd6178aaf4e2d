"""Which arrays an image shares, which it copies, and which it refuses."""

from importlib import import_module

import numpy as np
import pytest

from zimg import ZImg, ZImgInfo
from zimg.arrays.interop import dtype_name, framework_name
from zimg.ops.memory import on_host
from zimg.testing import bring_home

SHAPE = (2, 4, 4, 8)  # sizes of 64 bytes, so that JAX can share a single time


def numbers(xp, device, shape=SHAPE, dtype="float32"):
    count = int(np.prod(shape))
    return xp.reshape(xp.arange(count, dtype=getattr(xp, dtype), device=device), shape)


def address(x) -> int:
    """Where the memory of an array on the host starts."""
    pointers = {"torch": lambda: x.data_ptr(), "jax": lambda: x.unsafe_buffer_pointer()}
    return int(pointers.get(framework_name(x), lambda: np.asarray(x).ctypes.data)())


def skip_unless_host(x) -> None:
    if not on_host(x):
        pytest.skip("the memory of this device has no address for the host")


@pytest.mark.parametrize(
    ("shape", "layout", "stored"),
    [
        (SHAPE, "CZYX", SHAPE),
        (SHAPE, "czyx", SHAPE),
        (SHAPE[1:], "ZYX", (1, *SHAPE[1:])),
        (SHAPE[1:], "CYX", (4, 1, 4, 8)),
        (SHAPE[2:], "YX", (1, 1, 4, 8)),
        ((4, 1, 4, 8), "ZCYX", (1, 4, 4, 8)),
        ((4, 4, 8, 1), "ZYXC", (1, 4, 4, 8)),
        ((1, 4, 8, 1), "ZYXT", (1, 1, 4, 8)),
    ],
)
def test_c_order_is_shared_up_to_axes_of_size_one(xp, device, shape, layout, stored):
    x = numbers(xp, device, shape)
    image = ZImg(x, copy_if_needed=False, layout=layout)
    assert tuple(image.data[0].shape) == stored
    skip_unless_host(x)
    assert address(image.data[0]) == address(x)


@pytest.mark.parametrize("layout", ["TZYX", "TCYX"])
def test_times_on_the_outside_are_shared_each(xp, device, layout):
    x = numbers(xp, device)
    image = ZImg(x, copy_if_needed=False, layout=layout)
    skip_unless_host(x)
    step = 4 * 4 * 8 * 4
    assert [address(point) - address(x) for point in image.data] == [0, step]


def test_a_list_of_times_is_shared(xp, device):
    arrays = [numbers(xp, device) for _ in range(3)]
    image = ZImg(arrays, copy_if_needed=False)
    assert image.shape == (3, *SHAPE)
    skip_unless_host(arrays[0])
    assert [address(point) for point in image.data] == [address(x) for x in arrays]


@pytest.mark.parametrize("layout", ["XYZC", "ZCYX", "CZXY"])
def test_another_order_is_copied_once_on_its_device_or_refused(xp, device, layout):
    x = numbers(xp, device)
    with pytest.raises(ValueError, match=f"axis order {layout}.*allow a copy"):
        ZImg(x, copy_if_needed=False, layout=layout)
    image = ZImg(x, layout=layout)
    assert image.device == x.device
    order = tuple(layout.index(axis) for axis in "CZYX")
    np.testing.assert_array_equal(bring_home(image.data[0]), bring_home(x).transpose(order))


def test_a_permuted_view_in_memory_order_is_shared_where_views_exist():
    x = np.zeros(SHAPE, np.uint16)
    image = ZImg(x.transpose(3, 2, 1, 0), copy_if_needed=False, layout="XYZC")
    image.data[0][...] = 7
    assert (x == 7).all()


@pytest.mark.parametrize("take", [np.s_[..., ::2], np.s_[:, ::-1], np.s_[..., 1:], np.s_[:, :2]])
def test_strides_that_are_not_c_order_are_copied_or_refused(take):
    x = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)[take]
    with pytest.raises(ValueError, match="strides"):
        ZImg(x, copy_if_needed=False)
    stored = ZImg(x).data[0]
    np.testing.assert_array_equal(stored, x)
    assert stored.flags.c_contiguous


@pytest.mark.parametrize("take", [np.s_[:1], np.s_[1:], np.s_[:1, 1:3]])
def test_slices_in_c_order_are_shared(take):
    x = np.zeros(SHAPE, np.uint16)
    ZImg(x[take], copy_if_needed=False).data[0][...] = 3
    assert (x[take] == 3).all()


def test_torch_strides_are_copied_or_refused():
    torch = pytest.importorskip("torch")
    x = torch.arange(2 * 4 * 4 * 8, dtype=torch.int32).reshape(SHAPE)
    for strided in (x[..., ::2], x[:, :2], x[:, :1].expand(2, 4, 4, 8)):
        with pytest.raises(ValueError, match="strides"):
            ZImg(strided, copy_if_needed=False)
        assert ZImg(strided).data[0].is_contiguous()
        assert torch.equal(ZImg(strided).data[0], strided)


def test_writes_show_on_both_sides():
    x = np.zeros(SHAPE, np.uint16)
    image = ZImg(x)
    x[1, 2, 3, 4] = 5
    assert image.data[0][1, 2, 3, 4] == 5
    image.data[0][0, 0, 0, 0] = 6
    assert x[0, 0, 0, 0] == 6


def test_memory_outlives_the_image_and_the_source():
    source = np.full(SHAPE, 9, np.uint16)
    image = ZImg(source)
    del source
    array = image.data[0]
    del image
    assert (array == 9).all()


def test_read_only_memory_is_shared_and_stays_so():
    x = np.zeros(SHAPE, np.uint16)
    x.flags.writeable = False
    image = ZImg(x, copy_if_needed=False)
    assert np.shares_memory(image.data[0], x)
    for array in (
        *image.data,
        *image.to_arrays("numpy"),
        *map(np.asarray, image.to_arrays("memview")),
    ):
        assert not array.flags.writeable


def test_big_endian_is_swapped_once_or_refused():
    x = np.arange(np.prod(SHAPE), dtype=">u2").reshape(SHAPE)
    with pytest.raises(ValueError, match="byte order >u2"):
        ZImg(x, copy_if_needed=False)
    stored = ZImg(x).data[0]
    assert stored.dtype.isnative
    np.testing.assert_array_equal(stored, x)


def test_memory_behind_the_buffer_protocol_and_dlpack_is_shared():
    buffer = bytearray(4 * 4 * 8)
    image = ZImg(memoryview(buffer).cast("B", (4, 4, 8)), copy_if_needed=False, layout="ZYX")
    image.data[0][...] = 1
    assert set(buffer) == {1}

    class Producer:
        array = np.zeros(SHAPE, np.float32)

        def __dlpack__(self, **options):
            return self.array.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    assert np.shares_memory(ZImg(Producer(), copy_if_needed=False).data[0], Producer.array)


@pytest.mark.parametrize("name", ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32"])
def test_dtypes_stay_what_they_are(xp, device, name):
    x = xp.ones(SHAPE, dtype=getattr(xp, name), device=device)
    image = ZImg(x)
    assert image.dtype == x.dtype
    assert image.info.dataTypeString() == ("uint8" if name == "bool" else name)


@pytest.mark.parametrize("name", ["uint64", "int64", "float16", "float32", "float64"])
def test_wide_types_and_floats_stay_what_they_are(name):
    image = ZImg(np.ones(SHAPE, name))
    assert (dtype_name(image.dtype), image.info.dataTypeString()) == (name, name)


def test_bfloat16_is_held_where_a_framework_has_it():
    torch = pytest.importorskip("torch")
    assert ZImg(torch.ones(SHAPE, dtype=torch.bfloat16)).dtype == torch.bfloat16


@pytest.mark.parametrize(
    "x",
    [
        np.zeros(SHAPE, np.complex64),
        np.zeros(SHAPE, object),
        np.zeros(SHAPE, "datetime64[s]"),
        np.zeros(SHAPE, [("a", "u1")]),
        np.zeros(SHAPE, "U3"),
    ],
)
def test_other_dtypes_are_refused_with_what_is_accepted(x):
    with pytest.raises(TypeError, match="accepted are bool"):
        ZImg(x)


@pytest.mark.parametrize("x", [3, object(), {1: 2}, np.ma.zeros(SHAPE), [[1, 2], [3, 4]]])
def test_what_is_no_array_is_refused(x):
    with pytest.raises(TypeError):
        ZImg(x)


def test_times_must_be_alike():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="the same framework"):
        ZImg([np.zeros(SHAPE, np.float32), torch.zeros(SHAPE)])
    with pytest.raises(ValueError, match="same shape and dtype"):
        ZImg([np.zeros(SHAPE), np.zeros((1, *SHAPE[1:]))])
    with pytest.raises(ValueError, match="same shape and dtype"):
        ZImg([np.zeros(SHAPE), np.zeros(SHAPE, np.uint8)])
    with pytest.raises(ValueError, match="got an empty list"):
        ZImg([])


def test_an_info_makes_zeros_and_nothing_an_empty_image():
    image = ZImg(ZImgInfo(5, 4, 3, 2, 2, bytePerVox=2))
    assert (image.shape, image.dtype, image.isEmpty()) == ((2, 2, 3, 4, 5), np.uint16, False)
    assert not any(point.any() for point in image.data)
    for empty in (ZImg(), ZImg(ZImgInfo()), ZImg(ZImgInfo(0, 4))):
        assert (empty.isEmpty(), empty.data, empty.shape) == (True, [], (0,) * 5)
    with pytest.raises(ValueError, match="uint24"):
        ZImg(ZImgInfo(1, 1, 1, 1, 1, 3))


def test_the_repr_is_one_line_and_reports_sizes_type_and_place():
    image = ZImg(np.zeros((3, 4, 5), np.uint16), layout="ZYX")
    assert repr(image) == "ZImg(times=1, channels=1, z=3, y=4, x=5, uint16, numpy on cpu)"
    assert repr(ZImg()) == "ZImg(empty)"


def test_modules_of_arrays_are_found_where_they_were():
    export = import_module("zimg.image.export")
    aligned_zeros = import_module("zimg.image.host").aligned_zeros
    assert export.__name__ == "zimg.arrays.export"
    assert aligned_zeros.__module__ == "zimg.arrays.host"
