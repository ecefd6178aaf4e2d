"""Templates against recorded points and weights."""

from typing import Any

import numpy as np
import pytest

from zimg.kernels.template import (
    core_template,
    full_template,
    thin_core_points,
    thin_core_template,
)
from zimg.testing import bring_home

TOLERANCE = {"float32": 1e-6, "float64": 1e-12}
TEMPLATES = [full_template, core_template, thin_core_template]


@pytest.fixture
def made(xp, device, precision):
    """Function from a template's maker to its columns on the host."""

    def make(maker):
        template = maker(dtype=getattr(xp, precision), xp=xp, on=device)
        return type(template)(*map(bring_home, template))

    return make


def positions(template):
    """Points of the unit section: the wall's for those beyond it, moved out by their surplus."""
    wall = np.stack([template.wall_x, template.wall_y], axis=1)
    return wall * (1.0 + template.surplus[:, None])


@pytest.mark.parametrize(("name", "maker"), [("full", full_template), ("core", core_template)])
def test_points_and_values_are_the_recorded_ones_in_their_order(
    made, vectors, precision, name, maker
):
    recorded, template = vectors("slice_template")[name], made(maker)
    close: Any = {"rtol": 0, "atol": TOLERANCE[precision]}
    assert len(template.inner) == recorded["n"]
    np.testing.assert_allclose(positions(template), recorded["xy"], **close)
    np.testing.assert_allclose(template.inner + template.outer, recorded["value"], **close)


def test_points_of_the_full_template_lie_inside_on_or_beyond_the_wall(made, vectors):
    recorded, template = vectors("slice_template")["full"], made(full_template)
    np.testing.assert_array_equal(template.inside, np.array(recorded["value"]) >= 0)
    assert (~template.inside).sum() == recorded["n_negative"]
    assert not template.outer[template.inside].any()
    assert not template.inner[~template.inside].any()
    assert not template.surplus[template.inside].any()


def test_the_weights_of_the_core_are_its_values_over_their_sum(made, vectors, precision):
    template = made(core_template)
    np.testing.assert_allclose(
        template.inner / template.inner_sum,
        vectors("slice_template")["core"]["weight"],
        rtol=0,
        atol=TOLERANCE[precision],
    )


@pytest.mark.parametrize("maker", TEMPLATES)
def test_sums_are_those_of_absolute_values(made, precision, maker):
    template = made(maker)
    tolerance = TOLERANCE[precision] * 100
    assert template.inner_sum == pytest.approx(np.abs(template.inner).sum(), abs=tolerance)
    assert template.outer_sum == pytest.approx(np.abs(template.outer).sum(), abs=tolerance)


def test_the_thin_core_is_every_other_point_of_the_core(made):
    thin, core = positions(made(thin_core_template)), positions(made(core_template))
    step = np.rint(core / 0.2).astype(int)
    np.testing.assert_array_equal(thin, core[step.sum(axis=1) % 2 == 0])


def test_plain_numbers_of_the_thin_core_are_its_arrays(made, precision):
    template, points = made(thin_core_template), np.array(thin_core_points())
    np.testing.assert_allclose(points[:, :2], positions(template), atol=TOLERANCE[precision])
    np.testing.assert_allclose(points[:, 2], template.inner, atol=TOLERANCE[precision])
