"""The path test of connections: bright gaps connect, dark ones do not."""

import numpy as np
import pytest

from zimg.tracing.chain_graph import chain_graph
from zimg.tracing.contacts import HEAD, TAIL, contacts
from zimg.tracing.signal import Signal
from zimg.tracing.signal_path import bright_ends, signal_path

SHAPE = (24, 32, 110)


def drawn(*spans, z_to_xy=1.0, radius=3.0, amplitude=150.0):
    """A volume with bright tubes along x, between pairs of x, at y = 16 and z = 12 planes."""
    z, y, x = np.indices(SHAPE, dtype=np.float64)
    near = np.hypot((z - 12.0) * z_to_xy, y - 16.0) <= radius
    volume = np.zeros(SHAPE, dtype=np.float32)
    for low, high in spans:
        volume[near & (x >= low) & (x <= high)] = amplitude
    return Signal(volume, z_to_xy)


@pytest.fixture
def pair(tube):
    """Function: two chains in line with a gap of 8 between them, for a voxel ratio."""

    def make(z_to_xy=1.0):
        z = 12.0 * z_to_xy
        return [tube([10, 16, z], [50, 16, z]), tube([58, 16, z], [98, 16, z])]

    return make


def edges_with(chains, signal):
    return chain_graph(chains, reach=10.0, signal=signal)[1]


def test_a_gap_full_of_signal_connects(pair):
    (edge,) = edges_with(pair(), drawn((5, 105)))
    assert edge.link
    assert edge.cost == pytest.approx(chain_graph(pair(), reach=10.0)[1][0].cost, abs=1e-3)


def test_a_dark_gap_does_not_connect(pair):
    assert edges_with(pair(), drawn((5, 50), (58, 105))) == []
    assert len(chain_graph(pair(), reach=10.0)[1]) == 1


def test_two_dark_voxels_in_a_bright_path_are_let_through(pair):
    assert len(edges_with(pair(), drawn((5, 52), (55, 105)))) == 1


@pytest.mark.parametrize("z_to_xy", [2.0, 3.0])
def test_the_test_reads_the_right_planes_of_an_anisotropic_image(pair, z_to_xy):
    assert len(edges_with(pair(z_to_xy), drawn((5, 105), z_to_xy=z_to_xy))) == 1
    assert edges_with(pair(z_to_xy), drawn((5, 50), (58, 105), z_to_xy=z_to_xy)) == []


def test_contact_is_not_tested(tube):
    chains = [tube([10, 16, 12], [50, 16, 12]), tube([51, 16, 12], [98, 16, 12])]
    assert len(edges_with(chains, drawn())) == 1


def test_an_end_outside_the_image_does_not_connect(tube):
    chains = [tube([10, 16, -30], [50, 16, -30]), tube([58, 16, -30], [98, 16, -30])]
    assert edges_with(chains, drawn((5, 105))) == []


def test_bright_ends_lie_at_the_brightest_point_between_end_and_middle(tube):
    signal = drawn((13, 200))
    ends = bright_ends([tube([10, 16, 12], [60, 16, 12])], signal)
    assert ends.shape == (1, 2, 3)
    assert ends[0, HEAD] == pytest.approx([13.0, 16.0, 12.0], abs=1e-6)
    assert ends[0, TAIL] == pytest.approx([60.0, 16.0, 12.0], abs=1e-6)


def test_the_path_orients_the_connection(pair):
    chains, signal = pair(), drawn((5, 105))
    near = contacts(chains, 10.0)[0, 1]
    assert near is not None
    found = signal_path(chains[0], bright_ends(chains, signal)[0], chains[1], near, signal)
    assert found is not None
    assert found.orientation is not None
    assert abs(found.orientation[0]) == pytest.approx(1.0, abs=1e-6)
    assert 0.0 < found.length < 0.3
