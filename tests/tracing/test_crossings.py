"""Two halves that hang on a third chain from opposite sides are one neurite."""

import numpy as np
import pytest

from zimg.tracing.config import TraceConfig
from zimg.tracing.structure import connect_chains


def cross(tube, *, angle=90.0, shift=0.0):
    """A chain along x, and two halves of another that end at its wall."""
    way = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle)), 0.0])
    through = tube((0, 0, 0), (80, 0, 0))
    middle = np.array([40.0, 0.0, 0.0])
    below = tube(middle - 40 * way, middle - 3 * way)
    above = tube(middle + 3 * way + [shift, 0, 0], middle + 40 * way + [shift, 0, 0])
    return [through, below, above]


def trees(chains, *, crossover):
    config = TraceConfig(spTest=False, maxEucDist=10.0, crossoverTest=crossover)
    return connect_chains(chains, config=config).to_swc()


def test_halves_that_face_each_other_are_joined_to_each_other(tube):
    chains = cross(tube)
    assert len(trees(chains, crossover=False).roots) == 1
    found = trees(chains, crossover=True)
    assert len(found.roots) == 2
    across = max(found.trees(), key=lambda part: np.ptp(part.xyz[:, 1]))
    assert np.ptp(across.xyz[:, 1]) == pytest.approx(80.0, abs=0.5)
    assert np.abs(across.xyz[:, 0] - 40.0).max() < 0.5


@pytest.mark.parametrize("options", [{"angle": 25.0}, {"shift": 20.0}])
def test_a_small_angle_or_a_distance_is_no_crossing(tube, options):
    chains = cross(tube, **options)
    assert trees(chains, crossover=True) == trees(chains, crossover=False)
