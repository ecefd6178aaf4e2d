"""Every order of axes on every lane: the same voxels, shared when they already are in C order."""

from itertools import combinations, permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from zimg import ZImg
from zimg._typing import Array, Device, Namespace
from zimg.ops import upload
from zimg.testing import Lane, bring_home, device_of, lane_parameters, namespace_of

from .conditions import PLACES, address

CAPABILITY = "layouts"

LAYOUTS = [
    "".join(order)
    for count in range(4)
    for others in combinations("TCZ", count)
    for order in permutations((*others, "Y", "X"))
]
# Rows of 64 bytes, so that each time point starts where JAX can share it.
SIZES = (
    {"T": 2, "C": 2, "Z": 3, "Y": 4, "X": 16},
    {"T": 2, "C": 1, "Z": 3, "Y": 4, "X": 16},
    {"T": 1, "C": 2, "Z": 1, "Y": 4, "X": 16},
    {"T": 3, "C": 1, "Z": 1, "Y": 1, "X": 16},
)


def in_order(x: NDArray[np.int32], layout: str) -> NDArray[np.int32]:
    """A view of `x` with axes T, C, Z, Y, X, by einsum as an independent implementation."""
    named = "".join(axis for axis in "TCZYX" if axis in layout)
    places = tuple(slice(None) if axis in layout else None for axis in "TCZYX")
    view: NDArray[np.int32] = np.einsum(f"{layout}->{named}", x)
    return view[places]


def check_layout(lane: Lane, layout: str, sizes: dict[str, int]) -> None:
    """Compare an image with NumPy's own view, in values, in device and in what is shared."""
    xp = namespace_of(lane)
    device = device_of(lane, xp)
    shape = tuple(sizes[axis] for axis in layout)
    host = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    view = in_order(host, layout)
    x = upload(host, on=device, xp=xp)
    image = ZImg(x, layout=layout)
    assert image.shape == view.shape
    for point, time in zip(image.data, view, strict=True):
        assert (point.dtype, point.device) == (x.dtype, x.device)
        np.testing.assert_array_equal(bring_home(point), time)
    if not all(time.flags.c_contiguous for time in view):
        with pytest.raises(ValueError, match="prevents sharing"):
            ZImg(x, copy_if_needed=False, layout=layout.lower())
        return
    shared = ZImg(x, copy_if_needed=False, layout=layout.lower()).data
    steps = [address(point) - address(x) for point in shared]
    assert steps == [time.ctypes.data - host.ctypes.data for time in view]


@pytest.mark.parametrize(
    "lane", [each for each in PLACES if not each.gpu], ids=lambda lane: lane.id
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_axes_in_any_order_give_the_same_voxels(lane: Lane, layout: str) -> None:
    for sizes in SIZES:
        check_layout(lane, layout, sizes)


@pytest.mark.gpu
@pytest.mark.parametrize("lane", [each for each in PLACES if each.gpu], ids=lambda lane: lane.id)
def test_axes_in_any_order_give_the_same_voxels_on_a_gpu(lane: Lane) -> None:
    for layout in LAYOUTS:
        check_layout(lane, layout, SIZES[0])


@pytest.mark.parametrize("lane", lane_parameters(PLACES), indirect=True)
def test_even_steps_are_no_c_order(xp: Namespace, device: Device) -> None:
    x = xp.zeros((4, 16, 2), dtype=xp.uint8, device=device)
    with pytest.raises(ValueError, match="prevents sharing"):
        ZImg(x, copy_if_needed=False, layout="YXT")


REFUSED = {
    "unknown letter": ("AZYX", "CZYS", "C ZY", "YXZÇ"),
    "repeated letter": ("ZZYX", "YXYX", "XXYX", "TTYX"),
    "no Y or X": ("CZTX", "CZTY", "TCZ", "CZ", "Z", ""),
    "wrong length": ("YX", "ZYX", "TCZYX", "CZYX "),
}


@pytest.mark.parametrize("lane", lane_parameters(PLACES), indirect=True)
@pytest.mark.parametrize(
    "layout",
    [pytest.param(name, id=f"{why}-{name}") for why, all_ in REFUSED.items() for name in all_],
)
def test_other_layouts_are_refused(xp: Namespace, device: Device, layout: str) -> None:
    x: Array = xp.zeros((2, 3, 4, 5), dtype=xp.uint8, device=device)
    with pytest.raises(ValueError, match="layout"):
        ZImg(x, layout=layout)
