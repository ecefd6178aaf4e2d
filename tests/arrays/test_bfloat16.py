"""bfloat16, which NumPy and its hooks know only from another package, works in every framework."""

import pickle

import numpy as np
import pytest

from zimg import Interpolant, ZImg
from zimg.arrays.interop import dtype_name

VALUES = np.linspace(-3, 300, 4 * 6 * 8, dtype=np.float32).reshape(1, 4, 6, 8)


def by_torch(x):
    torch = pytest.importorskip("torch")
    return torch.from_numpy(x).to(torch.bfloat16)


def by_jax(x):
    jnp = pytest.importorskip("jax.numpy")
    return jnp.asarray(x, dtype=jnp.bfloat16)


def by_numpy(x):
    return x.astype(pytest.importorskip("ml_dtypes").bfloat16)


MAKERS = (by_torch, by_jax, by_numpy)


def values_of(image):
    """Voxels as float32."""
    assert dtype_name(image.dtype) == "bfloat16"
    x = image.data[0]
    return np.asarray(x.float() if hasattr(x, "float") else x.astype(np.float32))


@pytest.mark.parametrize("made", MAKERS)
def test_arithmetic_is_that_of_float32_rounded_once(made):
    image = ZImg(made(VALUES))
    held = values_of(image)
    for result, expected in (
        (image + 1, held + 1),
        (image * 0.3, held * np.float64(0.3)),
        (image - image, held - held),
        (image / image, held / held),
    ):
        np.testing.assert_array_equal(values_of(result), values_of(ZImg(made(expected * 1.0))))


@pytest.mark.parametrize("made", MAKERS)
@pytest.mark.parametrize(
    "interpolant", [Interpolant.Nearest, Interpolant.Linear, Interpolant.Cubic]
)
def test_resized_is_float32_resized_and_rounded(made, interpolant):
    image = ZImg(made(VALUES))
    found = image.resize(4, 3, 2, interpolant)
    expected = ZImg(values_of(image)).resize(4, 3, 2, interpolant)
    np.testing.assert_array_equal(values_of(found), values_of(ZImg(made(expected.data[0]))))


@pytest.mark.parametrize("made", MAKERS)
def test_images_are_pickled_without_what_surrounds_them(made):
    image = ZImg(made(np.tile(VALUES, (1, 1, 1, 64))))[..., :8]
    content = pickle.dumps(image)
    assert len(content) < 32 * VALUES.size
    np.testing.assert_array_equal(values_of(pickle.loads(content)), values_of(image))
