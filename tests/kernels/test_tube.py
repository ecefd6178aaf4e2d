"""Fields of segments against recorded ones, and samples against interpolation by hand."""

from typing import Any

import numpy as np
import pytest

from zimg.kernels.template import core_template, full_template
from zimg.kernels.tube import SLICES, core_field, full_field, sampled
from zimg.testing import bring_home

# Weights and points in float64, points in float32 (voxels), as the vectors were proposed for.
POINTS = {"float32": 1e-4, "float64": 1e-12}
WEIGHTS = {"float32": 1e-6, "float64": 1e-12}
VOLUME = np.zeros((4, 4, 4), np.uint8)

# The sixth has r1 < 0.5, for which the reference follows a rule of its own; rows here never have.
CASES = range(5)


def host_field(field, origin):
    """Positions ``(slices, points, 3)`` of one row in image voxels, and its weights."""
    section = np.stack([bring_home(q)[0] for q in field.section], axis=-1).astype(np.float64)
    axis = np.stack([bring_home(a)[0] for a in field.axis], axis=-1).astype(np.float64)
    return section[None] + axis[:, None] + origin, bring_home(field.weight)[0]


@pytest.fixture
def field_of(placed):
    """Function from a row to its field on the host, by way of the lane."""

    def make(kernel, template, row, z_to_xy=1.0):
        _, rows, columns, layout = placed(VOLUME, [row], z_to_xy=z_to_xy, template=template)
        return host_field(kernel(rows, columns, layout), bring_home(rows)[0, 8:])

    return make


@pytest.mark.parametrize("case", CASES)
def test_full_fields_are_the_recorded_ones(field_of, vectors, row_of, precision, case):
    recorded = vectors("field_cases")["cases"][case]
    points, weight = field_of(full_field, full_template, row_of(recorded["segment"]))
    flat, weights, full = points.reshape(-1, 3), np.tile(weight, SLICES), recorded["full"]
    assert len(flat) == full["n"]
    close: Any = {"rtol": 0, "atol": POINTS[precision]}
    np.testing.assert_allclose(flat[full["index"]], full["points"], **close)
    np.testing.assert_allclose(flat.min(0), full["min"], **close)
    np.testing.assert_allclose(flat.max(0), full["max"], **close)
    np.testing.assert_allclose(flat.mean(0), np.array(full["sum_points"]) / len(flat), **close)
    np.testing.assert_allclose(
        weights[full["index"]], full["weights"], rtol=0, atol=WEIGHTS[precision]
    )
    assert weights.sum() == pytest.approx(full["sum_weights"], abs=WEIGHTS[precision] * 100)
    assert np.abs(weights).sum() == pytest.approx(SLICES, abs=WEIGHTS[precision] * 100)


@pytest.mark.parametrize("case", CASES)
def test_core_fields_are_the_recorded_ones(field_of, vectors, row_of, precision, case):
    recorded = vectors("field_cases")["cases"][case]
    points, weight = field_of(core_field, core_template, row_of(recorded["segment"]))
    flat, core, tolerance = points.reshape(-1, 3), recorded["core"], POINTS[precision]
    assert len(flat) == core["n"]
    np.testing.assert_allclose(flat[core["index"]], core["points"], rtol=0, atol=tolerance)
    np.testing.assert_allclose(
        flat.mean(0), np.array(core["sum_points"]) / len(flat), rtol=0, atol=tolerance
    )
    np.testing.assert_allclose(
        (flat * np.tile(weight, SLICES)[:, None]).sum(0) / SLICES,
        np.array(core["weighted_points"]) / SLICES,
        rtol=0,
        atol=tolerance,
    )


@pytest.mark.parametrize("kernel", [full_field, core_field])
def test_planes_farther_apart_divide_z_alone(field_of, precision, kernel):
    template = full_template if kernel is full_field else core_template
    row = [2.5, 0.9, 4.0, 1.3, 11.0, 30.2, 28.7, 12.4]
    near, weight = field_of(kernel, template, row)
    far, same = field_of(kernel, template, row, z_to_xy=3.0)
    np.testing.assert_allclose(far, near / [1.0, 1.0, 3.0], atol=POINTS[precision])
    np.testing.assert_array_equal(same, weight)


def test_the_ring_keeps_a_bounded_distance_from_the_wall(field_of, precision):
    outermost = 0.2 * np.sqrt(65.0) - 1.0
    for radius, unit in [(0.6, 1.0), (1.5, 1.5), (9.0, 2.0)]:
        points, _ = field_of(full_field, full_template, [radius, 0, 0, 1, 11, 50, 50, 50])
        reach = np.hypot(*(points[0] - 50.0)[:, :2].T).max()
        assert reach == pytest.approx(radius + outermost * unit, abs=POINTS[precision])


# Across each of the six faces, well inside, over a corner, and outside on every side.
ACROSS = [
    [2.0, 1.5708, 1.5708, 1.0, 11.0, -4.0, 8.0, 7.0],
    [2.0, 1.5708, 1.5708, 1.0, 11.0, 13.5, 8.0, 7.0],
    [2.0, 1.5708, 0.0, 1.0, 11.0, 9.0, 3.5, 7.0],
    [2.0, 1.5708, 0.0, 1.0, 11.0, 9.0, 19.5, 7.0],
    [2.0, 0.0, 0.0, 1.0, 11.0, 9.0, 8.0, -5.5],
    [2.0, 0.0, 0.0, 1.0, 11.0, 9.0, 8.0, 9.5],
    [1.0, 0.7, 0.4, 1.2, 6.0, 9.3, 8.1, 5.2],
    [6.0, 0.7, 0.4, 0.5, 11.0, 1.3, 1.1, 0.2],
    [2.0, 0.3, 0.4, 1.0, 11.0, -60.0, 8.0, 7.0],
    [2.0, 0.3, 0.4, 1.0, 11.0, 9.0, 80.0, 7.0],
    [2.0, 0.3, 0.4, 1.0, 11.0, 9.0, 8.0, -50.0],
]
SHAPE = (14, 16, 18)


def noise(dtype):
    drawn = np.random.default_rng(1).uniform(0.0, 60000.0, SHAPE)
    return (drawn / 256.0 if dtype == "uint8" else drawn).astype(dtype)


@pytest.mark.parametrize("z_to_xy", [1.0, 1.7])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_samples_are_trilinear_inside_and_missing_outside(
    placed, trilinear, precision, dtype, z_to_xy
):
    host = noise(dtype)
    in_trace_space = np.array(ACROSS) * [1, 1, 1, 1, 1, 1, 1, z_to_xy]
    words, rows, template, layout = placed(host, in_trace_space, z_to_xy=z_to_xy)
    field = full_field(rows, template, layout)
    value, valid = (bring_home(x) for x in sampled(words, rows, field, layout, masked=True))
    section = np.stack([bring_home(q) for q in field.section], axis=-1)[:, None, :, :]
    axis = np.stack([bring_home(a) for a in field.axis], axis=-1)[:, :, None, :]
    origin = bring_home(rows)[:, None, None, 8:].astype(np.float64)
    expected, inside = trilinear(host, (section + axis).astype(np.float64) + origin)
    np.testing.assert_array_equal(valid, inside)
    scale = float(host.max()) * (1e-5 if precision == "float32" else 1e-12)
    np.testing.assert_allclose(value, expected, rtol=0, atol=scale)
    partly = valid.mean(axis=(1, 2))
    assert ((partly[:6] > 0) & (partly[:6] < 1)).all()
    assert (partly[6], partly[8:].max()) == (1.0, 0.0)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_without_the_border_test_inner_samples_have_the_same_bits(placed, dtype):
    words, rows, template, layout = placed(noise(dtype), [ACROSS[6]] * len(ACROSS))
    field = full_field(rows, template, layout)
    tested, _ = sampled(words, rows, field, layout, masked=True)
    field = full_field(rows, template, layout)
    plain, valid = sampled(words, rows, field, layout, masked=False)
    assert valid is None
    np.testing.assert_array_equal(bring_home(plain), bring_home(tested))


def test_the_face_itself_is_outside_and_the_next_number_inside(placed):
    axis_on_face = [1.0, 0.0, 0.0, 1.0, 11.0, 0.0, 8.0, 1.0]
    words, rows, template, layout = placed(noise("uint8"), [axis_on_face] * len(ACROSS))
    _, valid = sampled(words, rows, full_field(rows, template, layout), layout, masked=True)
    to_the_right = bring_home(template.wall_x) > 0
    np.testing.assert_array_equal(bring_home(valid)[0, 3], to_the_right)
