"""Layout strings: the table of the reference, with every letter meaning something."""

import numpy as np
import pytest

from zimg import ZImg

SIZES = {4: (2, 3, 4, 5), 3: (3, 4, 5), 2: (4, 5), 5: (2, 2, 3, 4, 5)}


@pytest.mark.parametrize(
    ("layout", "shape"),
    [
        ("CZYX", (2, 3, 4, 5)),
        ("ZCYX", (3, 2, 4, 5)),
        ("ZYXC", (5, 2, 3, 4)),
        ("XYZC", (5, 4, 3, 2)),
        ("CXYZ", (2, 5, 4, 3)),
        ("YXZC", (5, 4, 2, 3)),
        ("YXCZ", (4, 5, 2, 3)),
        ("XYCZ", (4, 5, 3, 2)),
        ("czyx", (2, 3, 4, 5)),
        ("CzyX", (2, 3, 4, 5)),
        ("ZYX", (1, 3, 4, 5)),
        ("CYX", (3, 1, 4, 5)),
        ("YXC", (5, 1, 3, 4)),
        ("XYZ", (1, 5, 4, 3)),
        ("XYC", (5, 1, 4, 3)),
        ("ZXY", (1, 3, 5, 4)),
        ("CXY", (3, 1, 5, 4)),
        ("YX", (1, 1, 4, 5)),
        ("XY", (1, 1, 5, 4)),
    ],
)
def test_axes_are_brought_in_order(xp, device, layout, shape):
    sizes = SIZES[len(layout)]
    x = xp.reshape(xp.arange(int(np.prod(sizes)), dtype=xp.int32, device=device), sizes)
    image = ZImg(x, layout=layout)
    assert image.shape == (1, *shape)
    assert tuple(image.data[0].shape) == shape
    assert image.data[0].dtype == x.dtype
    assert image.data[0].device == x.device


@pytest.mark.parametrize(
    ("layout", "times", "shape"),
    [
        ("TZYX", 2, (1, 3, 4, 5)),
        ("TCYX", 2, (3, 1, 4, 5)),
        ("ZTYX", 3, (1, 2, 4, 5)),
        ("YXTC", 4, (5, 1, 2, 3)),
        ("TYX", 3, (1, 1, 4, 5)),
        ("YXT", 5, (1, 1, 3, 4)),
        ("TCZYX", 2, (2, 3, 4, 5)),
    ],
)
def test_a_time_axis_is_split_and_nothing_is_dropped(layout, times, shape):
    x = np.arange(np.prod(SIZES[len(layout)])).reshape(SIZES[len(layout)])
    image = ZImg(x, layout=layout)
    assert image.shape == (times, *shape)
    found = np.concatenate([point.ravel() for point in image.data])
    np.testing.assert_array_equal(np.sort(found), np.arange(x.size))


@pytest.mark.parametrize(
    ("layout", "ndim", "reason"),
    [
        ("AZYX", 4, "letters must be"),
        ("YXS", 3, "letters must be"),
        ("CZYX ", 5, "letters must be"),
        ("ABCD", 4, "letters must be"),
        ("ZZYX", 4, "once"),
        ("YXYX", 4, "once"),
        ("CCYX", 4, "once"),
        ("CZX", 3, "Y and X"),
        ("", 4, "Y and X"),
        ("CZY", 4, "Y and X"),
        ("CZYX", 3, "one letter per axis"),
        ("TCZYX", 4, "one letter per axis"),
        ("YX", 4, "one letter per axis"),
    ],
)
def test_other_layouts_are_refused_by_name_and_shape(layout, ndim, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        ZImg(np.zeros(SIZES[ndim]), layout=layout)
    assert repr(layout) in str(caught.value)
    assert str(SIZES[ndim]) in str(caught.value)


@pytest.mark.parametrize("shape", [(), (5,)])
def test_fewer_than_two_axes_are_no_image(shape):
    with pytest.raises(ValueError, match="one letter per axis"):
        ZImg(np.zeros(shape))


def test_an_array_without_voxels_is_refused():
    with pytest.raises(ValueError, match="at least one voxel"):
        ZImg(np.zeros((1, 0, 4, 5)))
