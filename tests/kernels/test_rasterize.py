"""Which capsule reaches a voxel first, voxel by voxel."""

import numpy as np
import pytest

from zimg.kernels.rasterize import NOTHING, Capsules, first_capsule
from zimg.kernels.widen import widest_float
from zimg.ops import upload
from zimg.ops.gather import index_dtype
from zimg.testing import bring_home

SHAPE = (7, 9, 11)
WHOLE = ((0, 0, 0), SHAPE)


@pytest.fixture
def drawn(xp, device):
    """Function: rows of number, corner, size, start, step, radius and taper become a volume."""

    def draw(rows, *, spacing=(1.0, 1.0, 1.0), skipped=0, count=None):
        number, corner, size, start, step, radius, taper = (
            np.array(x) for x in zip(*rows, strict=True)
        )
        end = np.cumsum(size.prod(axis=1))
        whole = index_dtype(xp=xp, on=device)
        real = widest_float(xp.zeros((1,), dtype=xp.uint8, device=device), xp=xp)
        columns = (end - size.prod(axis=1) - skipped, number, corner, size)
        fields = [xp.astype(upload(x, on=device, dtype="int32", xp=xp), whole) for x in columns]
        for x in (start, step, radius, taper):
            fields.append(xp.astype(upload(x, on=device, dtype="float32", xp=xp), real))
        count = int(end[-1]) - skipped if count is None else count
        return bring_home(
            first_capsule(Capsules(*fields), count=count, shape=SHAPE, spacing=spacing)
        )

    return draw


def ball(centre, radius, number=0, box=WHOLE):
    """A row of a ball; the start of an axis counts from the first voxel of the box."""
    start = np.subtract(centre, box[0])
    return number, *box, start, (0.0, 0.0, 0.0), radius, 0.0


def distance(centre, spacing=(1.0, 1.0, 1.0)):
    offset = np.indices(SHAPE).T * spacing - np.array(centre)
    return np.sqrt((offset**2).sum(-1)).T


def test_a_ball_holds_the_centres_within_its_radius(drawn):
    found = drawn([ball((3.25, 4.0, 5.5), 2.6)])
    assert ((found == 0) == (distance((3.25, 4.0, 5.5)) <= 2.6)).all()
    assert ((found == 0) | (found == NOTHING)).all()


def test_a_centre_on_the_surface_is_inside(drawn):
    assert (drawn([ball((3, 4, 5), 1.0)]) == 0).sum() == 7
    assert (drawn([ball((3, 4, 5), 0.0)]) == 0).sum() == 1


def test_voxels_have_sides(drawn):
    sides = (2.0, 1.0, 0.5)
    found = drawn([ball((6.0, 4.0, 3.0), 2.5)], spacing=sides)
    assert ((found == 0) == (distance((6.0, 4.0, 3.0), sides) <= 2.5)).all()


def test_the_smaller_number_has_what_two_reach(drawn):
    first, second = (3, 4, 4), (3, 4, 6)
    expected = np.where(distance(second) <= 2, 3, NOTHING)
    expected = np.where(distance(first) <= 2, 1, expected)
    found = drawn([ball(second, 2.0, 3), ball(first, 2.0, 1), ball((0, 0, 0), 99.0, 8)])
    assert (found == np.minimum(expected, 8)).all()


def test_a_tapered_axis_changes_its_radius_along_it(drawn):
    found = drawn([(0, *WHOLE, (3.0, 4.0, 1.0), (0.0, 0.0, 8.0), 3.0, -2.5)])
    z, y, x = np.indices(SHAPE)
    along = np.clip((x - 1.0) / 8.0, 0.0, 1.0)
    away = np.sqrt((z - 3.0) ** 2 + (y - 4.0) ** 2 + (x - 1.0 - 8.0 * along) ** 2)
    assert ((found == 0) == (away <= 3.0 - 2.5 * along)).all()


def test_only_the_box_is_looked_at(drawn):
    found = drawn([ball((3, 4, 5), 99.0, box=((1, 2, 3), (2, 3, 4)))])
    assert (found[1:3, 2:5, 3:7] == 0).all()
    assert (found == 0).sum() == 24


def test_boxes_in_shares_give_what_they_give_at_once(drawn):
    rows = [ball((2, 3, 4), 2.5, 5), ball((4, 5, 6), 2.5, 2)]
    shares = [drawn(rows, skipped=skipped, count=500) for skipped in (0, 500, 1000)]
    assert (np.minimum.reduce(shares) == drawn(rows)).all()
