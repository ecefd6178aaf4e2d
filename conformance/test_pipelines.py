"""Automatic tracing: frameworks agree on a small phantom."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from zimg._typing import Device, Namespace
from zimg.ops import upload
from zimg.phantom import neurite
from zimg.swc import ZSwc
from zimg.swc.comparing import compare
from zimg.testing import LANES, bring_home, lane_parameters
from zimg.tracing import trace

CAPABILITY = "pipelines"

# A device that the host cannot read cannot be traced on: the double pretends to be one.
TRACED = tuple(
    each for each in LANES if each.framework != "array_api_strict" or each.id == "strict"
)


@cache
def expected() -> ZSwc:
    """The tree in double precision on NumPy."""
    return trace(neurite().volume, dtype="float64")


@pytest.mark.parametrize("lane", lane_parameters(TRACED), indirect=True)
def test_a_trace_agrees_with_that_of_numpy_in_double_precision(
    xp: Namespace, device: Device
) -> None:
    volume: Any = upload(neurite().volume, on=device, xp=xp)
    tree = trace(volume)
    found = compare(tree, expected(), step=0.5)
    assert len(tree.roots) == len(expected().roots) == 1
    assert found.a_to_b.mean < 0.5
    assert found.b_to_a.mean < 0.5
    assert found.length_ratio == pytest.approx(1.0, abs=0.05)
    np.testing.assert_array_equal(bring_home(volume), neurite().volume)


def test_the_phantom_is_found() -> None:
    found = compare(expected(), neurite().tree)
    assert found.precision > 0.9
    assert found.recall > 0.9
