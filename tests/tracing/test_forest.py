"""Circles and the spanning forest over the connections."""

import numpy as np
import pytest

from zimg.tracing.chain_graph import chain_graph
from zimg.tracing.chains import knot_points
from zimg.tracing.connect import Connection
from zimg.tracing.contacts import HEAD, TAIL
from zimg.tracing.forest import accepted, circles, spanning_forest


def edge(hook, loop, cost, *, end=TAIL, position=(0.0, 0.0, 0.0)):
    return Connection(hook, loop, end, False, 3, np.array(position), 0.0, 0.0, cost)


def test_circles_lie_at_the_knots_with_the_radius_along_x(tube):
    chains = [tube([0, 0, 0], [40, 0, 0], radius=2.0, scale=1.5), tube([0, 9, 0], [30, 9, 0])]
    rings = circles(chains)
    first = knot_points(chains[0])
    assert rings.center[: rings.start[1]] == pytest.approx(first)
    assert rings.radius[: rings.start[1]] == pytest.approx(np.full(len(first), 3.0))
    assert rings.start.tolist() == [0, len(first), len(rings.center)]


def test_accepted_edges_are_cheapest_close_no_cycle_and_keep_their_order():
    edges = [edge(0, 1, 0.6), edge(1, 2, 0.5), edge(2, 0, 0.55), edge(3, 0, 0.7)]
    assert accepted(edges, 5) == [edges[1], edges[2], edges[3]]


def test_the_forest_has_a_tree_less_per_accepted_edge(tube):
    rng = np.random.default_rng(8)
    chains = [tube(*rng.uniform(0.0, 60.0, (2, 3))) for _ in range(15)]
    grown, edges = chain_graph(chains, reach=10.0)
    taken = accepted(edges, len(grown))
    tree = spanning_forest(grown, edges, z_to_xy=1.0).to_swc()
    assert len(taken) > 3
    assert (np.asarray(tree.parent) == -1).sum() == len(chains) - len(taken)
    assert len(tree) == len(circles(grown).center)


def test_the_loop_chain_hangs_below_the_end_of_the_hook_with_the_cost_as_weight(tube):
    chains = [tube([0, 0, 0], [40, 0, 0]), tube([45, -20, 0], [45, 20, 0])]
    rings = circles(chains)
    joint = edge(0, 1, 0.55, position=(45.0, 0.0, 0.0))
    forest = spanning_forest(chains, [joint], z_to_xy=1.0)
    hook = int(rings.start[1]) - 1
    loop = int(np.argmin(np.linalg.norm(rings.center - joint.position, axis=1)))
    assert forest.parent[loop] == hook
    assert [forest.weight[loop], forest.weight[hook]] == [0.55, 0.0]
    assert sum(weight > 0 for weight in forest.weight) == 1
    assert forest.parent[0] == -1


def test_the_head_of_a_hook_is_its_first_circle(tube):
    chains = [tube([0, 0, 0], [40, 0, 0]), tube([-5, -20, 0], [-5, 20, 0])]
    joint = edge(0, 1, 0.55, end=HEAD, position=(-5.0, 0.0, 0.0))
    forest = spanning_forest(chains, [joint], z_to_xy=1.0)
    assert list(forest.children(0))[-1] >= circles(chains).start[1]


def test_positions_leave_trace_space_and_radii_do_not(tube):
    chain = tube([0, 0, 0], [0, 0, 60])
    tree = spanning_forest([chain], [], z_to_xy=3.0).to_swc()
    assert np.asarray(tree.xyz)[-1] == pytest.approx([0.0, 0.0, 20.0], abs=1e-9)
    assert np.asarray(tree.radius) == pytest.approx(np.full(len(tree), 2.0))


def test_nodes_without_radius_are_removed_and_their_children_stay_connected(tube):
    chain = tube([0, 0, 0], [40, 0, 0])
    chain.segments[2, 0] = 0.0
    tree = spanning_forest([chain], [], z_to_xy=1.0).to_swc()
    assert len(tree) == len(knot_points(chain)) - 1
    assert np.asarray(tree.parent).tolist() == list(range(-1, len(tree) - 1))


def test_no_chain_makes_an_empty_forest():
    assert len(spanning_forest([], [], z_to_xy=1.0)) == 0
