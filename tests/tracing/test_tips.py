"""Ends of neurites: cut where the signal falls to half, and where a chain straddles a fork."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zimg
from zimg.ops import upload
from zimg.testing import LANES, lane_parameters
from zimg.tracing.chains import Chain, End
from zimg.tracing.config import TraceConfig
from zimg.tracing.contrast import (
    ContrastChain,
    ContrastScorer,
    mean_contrast,
    with_contrast,
    worth_tracing,
)
from zimg.tracing.ends import without_straddling
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.segments import LENGTH, SCALE, point_at
from zimg.tracing.structure import connect_chains
from zimg.tracing.tips import free_ends, with_cut_tips

WIDE = lane_parameters(tuple(each for each in LANES if each.id in ("numpy", "torch", "jax")))
PLAIN = TraceConfig(spTest=False, maxEucDist=10.0)


def rod(first, last, shape=(20, 24, 80), *, radius=3.0, value=100.0):
    """A bright tube along x from `first` to `last` in the middle of a dark volume."""
    z, y, x = np.indices(shape).astype(float)
    inside = ((z - 10) ** 2 + (y - 12) ** 2 <= radius**2) & (x >= first) & (x <= last)
    return np.where(inside, value, 0.0).astype(np.float32)


@pytest.fixture
def measured(tube):
    """Function that traces a tube by hand over a volume and asks the volume about it."""

    def run(volume, start, end, scorer=ContrastScorer, xp=np, device=None):
        given = volume if xp is np else upload(volume, on=device, xp=xp)
        with scorer(given) as scored:
            return with_contrast([tube(start, end, radius=3.0)], scored)[0]

    return run


@pytest.mark.parametrize("lane", WIDE, indirect=True)
def test_the_bright_part_ends_with_the_signal(xp, device, measured):
    chain = measured(rod(20, 55), (14, 12, 10), (61, 12, 10), xp=xp, device=device)
    (cut,) = with_cut_tips([chain], [])
    ends = [point_at(cut.segments[0], 0.0)[0], point_at(cut.segments[-1], 1.0)[0]]
    np.testing.assert_allclose(ends, [20, 55], atol=1.5)
    np.testing.assert_array_equal(cut.segments[1:-1], chain.segments[1:-1])


@settings(max_examples=20, deadline=None)
@given(gain=st.floats(0.01, 100.0), short=st.floats(0.0, 4.0))
def test_ends_do_not_depend_on_the_unit_and_a_bright_end_is_whole(gain, short):
    from tests.tracing.conftest import _tube

    chain = _tube((20 + short, 12, 10), (55 - short, 12, 10), radius=2.0)
    for volume in (rod(10, 70), rod(10, 70) * np.float32(gain)):
        with ContrastScorer(volume) as scorer:
            (found,) = with_contrast([chain], scorer)
        assert isinstance(found, ContrastChain)
        np.testing.assert_allclose(found.bright, chain.segments[:, LENGTH])


def test_only_free_ends_are_cut(tube):
    trunk, branch = tube((0, 0, 0), (60, 0, 0)), tube((30, 4, 0), (30, 50, 0))
    parts = {f.name: getattr(branch, f.name) for f in fields(Chain)}
    short = np.full(len(branch), 3.0)
    known = ContrastChain(**parts, contrast=np.ones(len(branch)), bright=short)
    plain = connect_chains([trunk, branch], config=PLAIN).to_swc()
    found = connect_chains([trunk, known], config=PLAIN).to_swc()
    assert len(found.roots) == len(plain.roots) == 1
    assert found.xyz[:, 1].max() == pytest.approx(
        50.0 - (branch.segments[-1, LENGTH] - 3.0), abs=1e-9
    )
    assert found.xyz[:, 1].min() == plain.xyz[:, 1].min()
    assert free_ends(2, []).all()


def test_chains_of_the_reference_are_not_cut(tube):
    chain = tube((0, 0, 0), (60, 0, 0))
    with TubeScorer(rod(10, 20)) as scorer:
        (same,) = with_contrast([chain], scorer)
    assert same is chain
    assert with_cut_tips([chain], [])[0] is chain


def forked(tube, *, flat, score, tail=End.LOW_SCORE):
    """A chain whose last two segments are flat and fit worse."""
    chain = tube((0, 0, 0), (60, 0, 0))
    chain.segments[-2:, SCALE] = flat
    chain.score[-2:] = score
    chain.tail = tail
    return chain


def test_what_straddles_a_fork_is_dropped(tube):
    whole = forked(tube, flat=1.0, score=1.0)
    assert len(without_straddling(forked(tube, flat=2.0, score=0.7))) == len(whole) - 2
    assert len(without_straddling(forked(tube, flat=0.5, score=0.7))) == len(whole) - 2
    for kept in (
        whole,
        forked(tube, flat=2.0, score=0.95),
        forked(tube, flat=1.2, score=0.7),
        forked(tube, flat=2.0, score=0.7, tail=End.HIT_MARK),
    ):
        assert without_straddling(kept) is kept


def contrasted(tube, *values):
    """Chains of 60 voxels with these contrasts."""
    chains = [tube((0, 20 * n, 0), (60, 20 * n, 0)) for n in range(len(values))]
    return [
        ContrastChain(
            **{f.name: getattr(chain, f.name) for f in fields(Chain)},
            contrast=np.full(len(chain), value),
            bright=chain.segments[:, LENGTH].copy(),
        )
        for chain, value in zip(chains, values, strict=True)
    ]


def test_the_ladder_ends_where_screening_would_keep_nothing_more(tube):
    chains = contrasted(tube, 100.0, 90.0)
    np.testing.assert_allclose(mean_contrast(chains), [100.0, 90.0])
    assert worth_tracing(1e-6, [], noise=1.0, longest_side=9.0)
    assert worth_tracing(4.0, contrasted(tube, 20.0), noise=1.0, longest_side=40.0)
    limit = 0.2 * 90.0
    assert worth_tracing(0.9 * limit, chains, noise=1.0, longest_side=40.0)
    assert not worth_tracing(0.85 * limit, chains, noise=1.0, longest_side=40.0)


def test_a_thick_fork_is_traced_into_both_branches():
    z, y, x = np.indices((36, 90, 100)).astype(float)
    points = np.concatenate(
        [np.linspace(start, end, 120) for start, end in
         [((8, 45, 18), (45, 45, 18)), ((45, 45, 18), (90, 22, 18)), ((45, 45, 18), (90, 68, 18))]]
    )  # fmt: skip
    away = np.full(z.shape, np.inf)
    for a, b, c in points:
        away = np.minimum(away, (x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2)
    volume = 10 + 180 * np.exp(-away / (2 * 4.8**2))
    volume += np.random.default_rng(0).normal(0, 5, z.shape)
    tree = zimg.trace(np.clip(volume, 0, 255).round().astype(np.uint8))
    gold = zimg.ZSwc.from_arrays(points, 6.0, np.full(len(points), -1))
    found = zimg.compare(tree, gold, tolerance=3.0)
    assert found.recall >= 0.95
    assert found.precision >= 0.9
