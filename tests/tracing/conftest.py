"""Chains for the tests of the structure stage: straight tubes, and chains recorded elsewhere."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from zimg.ops import upload
from zimg.testing import bring_home
from zimg.tracing.chains import Chain
from zimg.tracing.orientation import angles_of

DATA = Path(__file__).parents[1] / "data"
COLUMNS = ("r1", "theta", "psi", "scale", "h", "x", "y", "z")
STEP = 5.0


def _chain(rows, direction):
    rows, direction = np.asarray(rows, dtype=np.float64), np.asarray(direction, dtype=np.int8)
    fix = np.where(direction < 0, 1.0, np.where(direction > 0, 0.0, np.nan))
    ones = np.ones(len(rows))
    return Chain(rows, direction, fix, ones, 100.0 * ones)


def _tube(start, end, *, radius=2.0, scale=1.0, seed=None):
    """A straight chain of half overlapping segments whose axis runs from `start` to `end`."""
    start, end = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    reach = np.linalg.norm(end - start)
    along = (end - start) / reach
    count = max(1, round(reach / STEP) - 1)
    step = reach / (count + 1)
    theta, psi = angles_of(along[None])
    rows = [
        [
            radius,
            float(theta[0]),
            float(psi[0]),
            scale,
            2.0 * step + 1.0,
            *(start + k * step * along),
        ]
        for k in range(count)
    ]
    seed = count // 2 if seed is None else seed
    return _chain(rows, np.sign(np.arange(count) - seed))


@pytest.fixture
def tube():
    """Function that makes a straight chain from one point to another."""
    return _tube


@pytest.fixture
def chain_of():
    """Function that makes a chain of rows and directions."""
    return _chain


@pytest.fixture
def recorded_chains():
    """Chains that the reference traced: ``(chain, recorded values)`` of each."""
    cases = json.loads((DATA / "neuroseg" / "chains.json").read_text())["cases"]
    return [
        (
            _chain(
                [[node["segment"][name] for name in COLUMNS] for node in chain["nodes"]],
                [node["direction"] for node in chain["nodes"]],
            ),
            chain,
        )
        for case in cases
        for chain in case["chains"]
    ]


@pytest.fixture
def star():
    """Five chains round a soma, and the reference's tree of them as ``(x y z, radius, parent)``."""
    recorded = json.loads((DATA / "structure" / "star_chains.json").read_text())
    chains = [_chain(chain["segments"], chain["direction"]) for chain in recorded["chains"]]
    return chains, np.array(recorded["nodes"])


@pytest.fixture
def visible_reads(monkeypatch):
    """Open pretended devices for reads by `to_host` only."""
    for name, module in sys.modules.items():
        if name.startswith("zimg.tracing.") and hasattr(module, "to_host"):
            monkeypatch.setattr(module, "to_host", bring_home)


@pytest.fixture
def on_lane(xp, device, visible_reads):  # noqa: ARG001
    """Move a NumPy array to the lane, which is open for visible reads."""
    return lambda host: upload(host, on=device, xp=xp)
