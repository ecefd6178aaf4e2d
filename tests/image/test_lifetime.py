"""Arrays keep their memory alive when the image is gone, images when the arrays are, no longer."""

import gc
import weakref

import numpy as np
import pytest

from zimg import ZImg, ZImgInfo
from zimg.ops.memory import on_host
from zimg.testing import bring_home

SHAPE = (2, 3, 4, 5)


def test_images_and_their_arrays_keep_the_memory_of_the_source(xp, device):
    source = xp.full(SHAPE, 9, dtype=xp.int32, device=device)
    image = ZImg(source)
    del source
    gc.collect()
    arrays, views = image.data, image[:, 1].data
    del image
    gc.collect()
    for x in (*arrays, *views):
        assert (bring_home(x) == 9).all()


def test_the_source_is_let_go_with_the_last_image_and_array(xp, device):
    source = xp.full(SHAPE, 9, dtype=xp.int32, device=device)
    if not hasattr(type(source), "__weakref__") and type(source).__weakrefoffset__ == 0:
        pytest.skip("this framework has no weak references to arrays")
    alive = weakref.ref(source)
    image = ZImg(source)
    del source
    gc.collect()
    assert alive() is not None
    del image
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("framework", ["numpy", "torch", "jax", "array_api_strict", "memview"])
def test_what_was_exported_outlives_the_image_and_lets_its_memory_go(framework):
    if framework != "memview":
        pytest.importorskip(framework)
    image = ZImg(ZImgInfo(64, 64, 4, bytePerVox=2))
    image.data[0][...] = 7
    owner = image.data[0].base
    while getattr(owner, "base", None) is not None:
        owner = owner.base
    alive = weakref.ref(owner)
    (taken,) = image.to_arrays(framework, copy=False)
    del image, owner
    gc.collect()
    assert alive() is not None
    host = np.asarray(taken) if framework == "memview" else bring_home(taken)
    assert (host == 7).all()
    del taken, host
    gc.collect()
    assert alive() is None


def test_a_buffer_is_locked_as_long_as_an_image_needs_it():
    buffer = bytearray(120)
    image = ZImg(memoryview(buffer).cast("B", SHAPE))
    with pytest.raises(BufferError):
        buffer.clear()
    del image
    gc.collect()
    buffer.clear()


def test_images_can_be_referred_to_weakly():
    image = ZImg(np.zeros(SHAPE, np.uint8))
    alive = weakref.ref(image)
    del image
    assert alive() is None


def test_arrays_handed_out_stay_valid_when_the_image_is_given_others():
    image = ZImg(ZImgInfo(64, 64, 16))
    before = image.data[0]
    before[...] = 7
    image._rebind([np.zeros_like(before)])
    del image
    gc.collect()
    assert (before == 7).all()


def test_parts_taken_through_protocols_keep_the_memory(xp, device):
    image = ZImg(xp.full(SHAPE, 9, dtype=xp.int32, device=device))
    if not on_host(image.data[0]):
        pytest.skip("the host cannot see this device")
    host = np.asarray(image)
    del image
    gc.collect()
    assert (host == 9).all()
