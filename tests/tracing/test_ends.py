"""Ends of chains: cut, dropped inside their neighbours, dropped where they turn."""

import numpy as np
import pytest

from zimg.tracing.chains import End
from zimg.tracing.ends import part, shortened, tuned, without_overlap, without_turns
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.segments import LENGTH, flipped, point_at


class Slices(TubeScorer):
    """A scorer whose slices correlate as told, whatever the segment."""

    def __init__(self, *values):
        self.values = np.array([values])

    def slices(self, rows):
        return np.repeat(self.values, len(rows), axis=0)


@pytest.mark.parametrize(
    ("supported", "length"),
    [(range(11), 11.0), (range(5), 5.0), ([0], 1.0), ([], 1.0), ([3, 8], 9.0), ([1], 2.0)],
)
def test_a_segment_ends_behind_its_last_supported_slice(tube, supported, length):
    values = np.zeros(11)
    values[list(supported)] = 0.51
    row = tube([0.0, 0.0, 0.0], [40.0, 0.0, 0.0]).segments[0]
    cut = shortened(row, Slices(*values))
    assert cut[LENGTH] == length
    np.testing.assert_array_equal(np.delete(cut, LENGTH), np.delete(row, LENGTH))


def test_both_outer_ends_are_cut_and_the_inner_ends_stay(tube):
    chain = tube([10.0, 20.0, 20.0], [60.0, 20.0, 20.0])
    cut = tuned(chain, Slices(*[0.9] * 6, *[0.1] * 5))
    np.testing.assert_array_equal(cut.segments[1:-1], chain.segments[1:-1])
    np.testing.assert_allclose(point_at(cut.segments[-1], 0.0), point_at(chain.segments[-1], 0.0))
    np.testing.assert_allclose(point_at(cut.segments[0], 1.0), point_at(chain.segments[0], 1.0))
    assert point_at(cut.segments[-1], 1.0)[0] == pytest.approx(55.0)
    assert point_at(cut.segments[0], 0.0)[0] == pytest.approx(15.0)


@pytest.mark.parametrize("met", ["head", "tail"])
def test_an_end_that_met_a_mark_is_not_cut(tube, met):
    chain = tube([10.0, 20.0, 20.0], [60.0, 20.0, 20.0])
    setattr(chain, met, End.HIT_MARK)
    cut = tuned(chain, Slices(*[0.0] * 11))
    kept, shortest = (0, -1) if met == "head" else (-1, 0)
    np.testing.assert_array_equal(cut.segments[kept], chain.segments[kept])
    assert cut.segments[shortest, LENGTH] == 1.0


def test_a_single_segment_is_left_as_it_is(tube):
    chain = part(tube([0.0, 0.0, 0.0], [40.0, 0.0, 0.0]), slice(0, 1))
    for same in (tuned(chain, Slices(*[0.0] * 11)), without_overlap(chain), without_turns(chain)):
        np.testing.assert_array_equal(same.segments, chain.segments)


def test_end_segments_inside_their_neighbours_are_dropped_with_their_records(tube):
    chain = tube([0.0, 0.0, 0.0], [60.0, 0.0, 0.0])
    chain.score = np.arange(float(len(chain)))
    kept = without_overlap(chain)
    np.testing.assert_array_equal(kept.segments, chain.segments)
    chain.segments[0] = chain.segments[1]
    chain.segments[-1] = chain.segments[-2]
    kept = without_overlap(chain)
    np.testing.assert_array_equal(kept.segments, chain.segments[1:-1])
    assert kept.score.tolist() == chain.score[1:-1].tolist()
    assert len(kept.direction) == len(kept.fix) == len(kept.mean_signal) == len(kept)


@pytest.mark.parametrize(("angle", "dropped"), [(0.99, False), (1.01, True)])
@pytest.mark.parametrize("end", [0, -1])
def test_end_segments_that_turn_by_more_than_a_radian_are_dropped(tube, end, angle, dropped):
    chain = tube([0.0, 0.0, 0.0], [60.0, 0.0, 0.0])
    chain.segments[end, 2] += angle
    kept = without_turns(chain)
    rest = chain.segments[1:] if end == 0 else chain.segments[:-1]
    np.testing.assert_array_equal(kept.segments, rest if dropped else chain.segments)


def test_cutting_a_flipped_segment_cuts_its_bottom(tube):
    row = tube([0.0, 0.0, 0.0], [40.0, 0.0, 0.0]).segments[0]
    cut = flipped(shortened(flipped(row), Slices(*[0.9] * 4, *[0.0] * 7)))
    np.testing.assert_allclose(point_at(cut, 1.0), point_at(row, 1.0), atol=1e-9)
    assert cut[LENGTH] == 4.0
