"""Gradients of the objective of the fit in JAX, against central differences."""

from typing import Any

import numpy as np
import pytest

from zimg.kernels.pack import pack_volume
from zimg.kernels.scores import dot_scores
from zimg.kernels.template import full_template
from zimg.phantom import neurite
from zimg.tracing.scorer import relative

STEP = 1e-5


def segments() -> np.ndarray:
    """Rows beside the tree of a phantom; walls are nowhere where the field has a kink."""
    rows = np.zeros((3, 8))
    rows[:, 0], rows[:, 1], rows[:, 2] = 2.3, (0.4, 0.8, 1.2), (0.3, 1.9, -2.0)
    rows[:, 3], rows[:, 4] = 1.03, 11.0
    rows[:, 5:] = neurite().tree.xyz[[5, 10, 15]] + 0.3
    return rows


def test_the_objective_has_gradients_in_all_parameters() -> None:
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        volume = jax.numpy.asarray(neurite().volume, dtype="float64")
        words, layout = pack_volume(volume, z_to_xy=1.0, dtype=volume.dtype)
        template = full_template(dtype=volume.dtype, xp=jax.numpy, on=volume.device)

        def objective(rows: Any) -> Any:
            return dot_scores(words, rows, template, layout=layout, masked=True)

        rows = relative(segments(), layout)
        found = np.asarray(jax.grad(lambda x: objective(x).sum())(jax.numpy.asarray(rows)))
        expected = np.zeros((3, 8))
        for column in range(8):
            step = np.zeros_like(rows)
            step[:, column] = STEP
            moved = rows + step, rows - step
            above, below = (np.asarray(objective(jax.numpy.asarray(each))) for each in moved)
            expected[:, column] = (above - below) / (2 * STEP)
    np.testing.assert_allclose(found[:, :8], expected, rtol=1e-4, atol=1e-3)
