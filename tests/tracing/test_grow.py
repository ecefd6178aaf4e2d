"""Growth of chains: recorded chains, and results that do not depend on what grows together."""

import json
from pathlib import Path

import numpy as np
import pytest

from zimg._progress import reporter
from zimg.tracing.chains import BACKWARD, FORWARD, End, length
from zimg.tracing.checks import CHANGE, OWN
from zimg.tracing.grow import GrowthOptions, grow_chains, probe_points
from zimg.tracing.grow_levels import REFUSED
from zimg.tracing.grow_strands import Grown, grow_strands
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.seed_scores import commit, score_seeds
from zimg.tracing.segments import COLUMNS as WIDTH
from zimg.tracing.segments import axis_point, point_at
from zimg.tracing.strands import Growth, Strand

DATA = Path(__file__).parents[1] / "data" / "neuroseg"
COLUMNS = ("r1", "theta", "psi", "scale", "h", "x", "y", "z")
OPTIONS = GrowthOptions(min_score=0.3, min_length=27.5, tune_ends=True)


def recorded(name):
    return json.loads((DATA / f"{name}.json").read_text())


@pytest.fixture(scope="module", params=["tiny8-float64", "tiny16-float64", "tiny16-float32"])
def run(request):
    """Scorer, committed seeds, shape of the mask and recorded chains of a volume."""
    name, dtype = request.param.split("-")
    facts, raw = recorded("preprocess")["volumes"][name], np.load(DATA / f"{name}.npy")
    background = np.asarray(facts["background"], raw.dtype)
    volume = np.maximum(raw, background) - background
    points = np.array([seed["xyz"] for seed in facts["seeds"]])
    values = np.array([seed["distance"] for seed in facts["seeds"]])
    case = next(c for c in recorded("chains")["cases"] if c["volume"] == name)
    ratio = facts["z_to_xy_ratio"]
    with TubeScorer(volume, z_to_xy=ratio, dtype=dtype) as scorer:
        seeds = score_seeds(scorer, points, values, exact=True, report=reporter())
        seeds = commit(seeds, points, np.zeros(volume.shape, np.uint8), z_to_xy=ratio, strong=0.35)
        yield scorer, seeds, volume.shape, case


def grown(run, *, window=None, options=OPTIONS):
    scorer, seeds, shape, _ = run
    mask = np.zeros(shape, np.uint8)
    return grow_chains(scorer, seeds, mask, options, report=reporter(), window=window), mask


@pytest.mark.parametrize("run", ["tiny8-float64", "tiny16-float64"], indirect=True)
def test_chains_are_the_recorded_ones_segment_by_segment(run):
    chains, mask = grown(run)
    expected = run[3]["chains"]
    assert [len(chain) for chain in chains] == [len(chain["nodes"]) for chain in expected]
    assert int(mask.sum()) == run[3]["trace_mask_voxels"]
    for chain, wanted in zip(chains, expected, strict=True):
        nodes = wanted["nodes"]
        rows = np.array([[node["segment"][column] for column in COLUMNS] for node in nodes])
        for fraction in (0.0, 0.5, 1.0):
            np.testing.assert_allclose(
                point_at(chain.segments, fraction), point_at(rows, fraction), rtol=0, atol=1e-6
            )
        shape = [0, 3, 4]
        np.testing.assert_allclose(chain.segments[:, shape], rows[:, shape], rtol=0, atol=1e-6)
        np.testing.assert_array_equal(chain.direction, [node["direction"] for node in nodes])
        np.testing.assert_allclose(chain.score, [node["score"] for node in nodes], atol=1e-6)
        assert length(chain) == pytest.approx(wanted["length"], abs=1e-6)


@pytest.mark.parametrize("window", [1, 5, 32])
def test_seeds_that_grow_together_do_not_change_a_bit(run, window):
    one, first = grown(run, window=12)
    other, second = grown(run, window=window)
    np.testing.assert_array_equal(first, second)
    assert len(one) == len(other) > 0
    for chain, same in zip(one, other, strict=True):
        np.testing.assert_array_equal(chain.segments, same.segments)
        np.testing.assert_allclose(chain.score, same.score, rtol=1e-6)
        np.testing.assert_array_equal(chain.mean_signal, same.mean_signal)
        assert (chain.head, chain.tail) == (same.head, same.tail)


@pytest.mark.parametrize("run", ["tiny16-float64"], indirect=True)
def test_seeds_that_grow_together_do_not_change_a_bit_of_the_scores(run):
    scores = [
        np.concatenate([chain.score for chain in grown(run, window=window)[0]])
        for window in (1, 12, 32)
    ]
    np.testing.assert_array_equal(scores[0], scores[1])
    np.testing.assert_array_equal(scores[0], scores[2])


def test_the_record_of_a_chain_fits_its_segments(run):
    chains, _ = grown(run)
    for chain in chains:
        assert np.all(np.diff(chain.direction) >= 0)
        np.testing.assert_array_equal(np.isnan(chain.fix), chain.direction == 0)
        assert (chain.fix[chain.direction == BACKWARD] == 1.0).all()
        assert (chain.fix[chain.direction == FORWARD] == 0.0).all()
        assert End.OPEN not in (chain.head, chain.tail)
        assert chain.segments.shape == (len(chain), WIDTH)


def test_chains_that_meet_no_other_are_as_long_as_requested(run):
    shortest = GrowthOptions(min_score=0.3, min_length=73.0, tune_ends=True)
    chains, _ = grown(run, options=shortest)
    assert chains
    for chain in chains:
        assert length(chain) >= 73.0 or End.HIT_MARK in (chain.head, chain.tail)


def test_a_score_out_of_reach_leaves_nothing(run):
    chains, mask = grown(run, options=GrowthOptions(0.99, 27.5, tune_ends=True))
    assert chains == []
    assert not mask.any()


def test_in_a_volume_traced_before_nothing_grows(run):
    scorer, seeds, shape, _ = run
    told = []
    report = reporter(lambda *step: told.append(step))
    full = np.ones(shape, np.uint8)
    assert grow_chains(scorer, seeds, full, OPTIONS, report=report) == []
    assert told[0][0] == "grow chains"
    assert told[-1][1] == told[-1][2]


def test_a_seed_is_looked_up_at_a_third_and_two_thirds_of_its_length():
    row = np.array([2.0, 0.0, 0.0, 1.0, 12.0, 5.0, 6.0, 7.0])
    np.testing.assert_allclose(probe_points(row), [[5, 6, 11], [5, 6, 15]])


@pytest.mark.parametrize(("direction", "ahead"), [(FORWARD, 1.0), (BACKWARD, -1.0)])
def test_the_next_segment_starts_half_way_along_the_last(direction, ahead):
    row = np.array([2.0, 0.3, 0.4, 1.2, 11.0, 25.0, 26.0, 17.0])
    expected = Strand.of_seed(row, 80.0, direction).prediction()
    np.testing.assert_allclose(expected[5:], point_at(row, 0.5), atol=1e-9)
    front = point_at(expected, 1.0)
    np.testing.assert_allclose(front, axis_point(row, 5.0 + ahead * 10.0), atol=1e-9)


def test_a_strand_takes_in_what_has_grown_and_closes_with_it():
    row = np.array([2.0, np.pi / 2, np.pi / 2, 1.0, 11.0, 15.0, 26.0, 17.0])
    new = row + np.outer([1.0, 2.0, 0.0], np.eye(8)[5] * 5.0)
    for direction in (FORWARD, BACKWARD):
        strand = Strand.of_seed(row, 80.0, direction)
        own, change = np.zeros((1, 3), np.int8), np.array([[0, CHANGE.index(End.SIGNAL_CHANGE), 0]])
        figures = np.array([[0.8, 0.7, 0.0]]), np.array([[80.0, 30.0, 0.0]]), own, change
        strand.extend(Grown(new[None], *figures, np.array([2]), np.array([False])), 0)
        assert not strand.open
        assert [segment.change for segment in strand.grown] == [None, End.SIGNAL_CHANGE]
        assert strand.signals == [80.0, 80.0, 30.0]
        first = strand.grown[0]
        np.testing.assert_allclose(first.front, point_at(new[0], 1.0), atol=1e-9)
        at = 1.0 if direction == FORWARD else 0.0  # tops towards the tail of the chain
        np.testing.assert_allclose(point_at(first.row, at), first.front, atol=1e-9)
        np.testing.assert_array_equal(strand.ahead(np.zeros(3)), strand.grown[-1].front)


def test_strands_that_grow_to_their_ends_become_what_they_become_step_by_step(run):
    scorer, seeds, shape, _ = run
    mask = np.zeros(shape, np.uint8)
    mask[:, :, shape[2] // 2] = 1
    ends = []
    for levels in (1, 3, 40):
        growth = Growth(scorer, 0.3, mask, levels)
        strands = [Strand.of_seed(row, 90.0, FORWARD) for row in seeds.rows[:6]]
        for _ in range(40):
            for strand in strands:
                if strand.open:
                    growth.request(strand)
            growth.step()
        ends.append(strands)
    assert any(len(strand.grown) > 3 for strand in ends[0])
    for one, *others in zip(*ends, strict=True):
        for other in others:
            np.testing.assert_array_equal(np.stack(one.rows)[:40], np.stack(other.rows)[:40])


def test_segments_without_contrast_are_refused_where_contrast_is_requested(run):
    scorer, seeds, shape, _ = run
    asked = (np.zeros(shape, np.uint8), scorer.templates.full)
    rows = seeds.rows[:4, None]
    start = (rows, np.ones(4, np.int64), seeds.mean_signal[:4], np.full((4, 3), -1.0))
    given = {"layout": scorer.layout, "limit": 0.3, "most": 2}
    plain = grow_strands(scorer.words, *start, *asked, contrast=0.0, **given)
    refused = grow_strands(scorer.words, *start, *asked, contrast=1e6, **given)
    assert plain.gained.max() == 2
    assert (refused.gained == 1).all()
    assert (refused.score[:, 0] == REFUSED).all()
    np.testing.assert_array_equal(refused.rows[:, 0], plain.rows[:, 0])
    assert [OWN[number] for number in refused.own[:, 0]] == [End.LOW_SCORE] * 4
