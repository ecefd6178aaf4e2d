"""Arithmetic of whole images: operands, errors, sharing, metadata, and the recorded reference."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from zimg import ZException, ZImg
from zimg._dispatch import framework_of
from zimg.ops import upload
from zimg.testing import bring_home

RECORDED = json.loads(
    (Path(__file__).parents[1] / "data" / "arithmetic" / "reference.json").read_text()
)["cases"]
OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "secureDivideBy": lambda a, b: a.secureDivideBy(b),
}


def row(values, dtype):
    return np.asarray([float(x) if "float" in dtype else x for x in values], dtype).reshape(
        1, 1, 1, -1
    )


def image(values, dtype="uint8"):
    return ZImg(row(values, dtype))


def operands(case):
    """Both operands; where the right one is an image, every value meets every value."""
    left, kind = case["left"], case["type"]
    if "array" in case:
        left, right = zip(*product(left, case["array"]), strict=True)
        return image(left, case["dtype"]), image(right, kind)
    number = float(case["number"]) if kind == "float" else case["number"]
    return image(left, case["dtype"]), number


@pytest.mark.parametrize("dtype", sorted({case["dtype"] for case in RECORDED}))
def test_results_are_those_of_the_reference_voxel_by_voxel(dtype):
    for case in (case for case in RECORDED if case["dtype"] == dtype):
        found = OPERATORS[case["operator"]](*operands(case)).data[0]
        np.testing.assert_array_equal(found, row(case["result"], dtype), str(case), strict=True)


def test_in_place_forms_rebind_and_never_write_to_shared_arrays(xp, device):
    array = upload(row([0, 100, 200], "uint8"), on=device, xp=xp)
    img = same = ZImg(array)
    for change in ("img += 100", "img -= 50", "img *= 2", "img /= 3"):
        scope = {"img": img}
        exec(change, scope)
        img = scope["img"]
    assert img is same
    assert bring_home(img.data[0]).ravel().tolist() == [33, 85, 85]
    assert bring_home(array).ravel().tolist() == [0, 100, 200]


def test_read_only_arrays_are_left_as_they_are():
    array = row([1, 2], "uint8")
    array.setflags(write=False)
    img = ZImg(array)
    img += img
    assert img.data[0].ravel().tolist() == [2, 4]
    assert array.ravel().tolist() == [1, 2]


def test_secure_division_leaves_its_image_alone():
    img = image([3, 5, 7])
    assert img.secureDivideBy(image([2, 0, 7])).data[0].ravel().tolist() == [1, 0, 1]
    assert img.data[0].ravel().tolist() == [3, 5, 7]
    with pytest.raises(TypeError, match="needs a ZImg, got int"):
        img.secureDivideBy(2)


def test_metadata_is_that_of_the_left_image():
    left, right = image([1]), image([2], "uint16")
    info = left.info
    info.channelNames, info.voxelSizeX = ["left"], 0.25
    left.info = info
    result = left + right
    assert result.info == left.info
    result.info.channelNames[0] = "changed"
    assert left.info.channelNames == ["left"]


def test_every_time_takes_part():
    img = ZImg([row([1], "uint8"), row([2], "uint8")])
    assert [int(x[0, 0, 0, 0]) for x in (img + img * 10).data] == [11, 22]


def test_images_of_different_sizes_are_refused_with_both_sizes():
    with pytest.raises(ZException, match=r"addition.*\(2, 1, 1, 1, 1\).*\(3, 1, 1, 1, 1\)"):
        image([1, 2]) + image([1, 2, 3])


@pytest.mark.parametrize("zero", [0, 0.0, -0.0, False, np.int8(0)])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_division_by_the_number_zero_is_refused(zero, dtype):
    with pytest.raises(ZException, match="by zero"):
        image([1], dtype) / zero


@pytest.mark.parametrize("other", ["1", None, [1], 1j, np.ones((1, 1, 1, 1))])
def test_other_operands_are_type_errors_on_both_sides(other):
    img = image([1])
    with pytest.raises(TypeError):
        img + other
    with pytest.raises(TypeError):
        other + img
    with pytest.raises(TypeError):
        img -= other


def test_numbers_have_no_reflected_forms():
    with pytest.raises(TypeError):
        5 + image([1])


@pytest.mark.parametrize("number", [np.uint8(3), np.int64(3), 3])
def test_numpy_integers_count_as_integers(number):
    assert (image([10]) / number).data[0].item() == 3
    assert (image([10]) / np.float32(number * 0.5)).data[0].item() == 7


def test_images_of_two_frameworks_are_refused_before_work_starts(xp, device):
    if framework_of(xp) == "numpy":
        pytest.skip("the left image is NumPy's")
    with pytest.raises(TypeError, match=f"numpy on cpu.*{framework_of(xp)} on"):
        image([1]) + ZImg(upload(row([1], "uint8"), on=device, xp=xp))


def test_the_sum_of_bools_is_or_and_the_product_is_and():
    a, b = image([False, False, True, True], "bool"), image([False, True, False, True], "bool")
    assert (a + b).data[0].ravel().tolist() == [False, True, True, True]
    assert (a * b).data[0].ravel().tolist() == [False, False, False, True]
    assert (a - b).data[0].ravel().tolist() == [False, False, True, False]


def test_half_precision_is_computed_in_more(xp, device):
    if not hasattr(xp, "float16"):
        pytest.skip("no float16 here")
    img = ZImg(upload(row([2048, 60000], "float16"), on=device, xp=xp))
    assert bring_home((img * 3 / 3).data[0]).ravel().tolist() == [2048, np.inf]
    assert bring_home((img + 0.5).data[0]).ravel().tolist() == [2048, 60000]


def test_empty_images_give_empty_images():
    assert (ZImg() + 1).isEmpty()
    assert (ZImg() + ZImg()).isEmpty()
