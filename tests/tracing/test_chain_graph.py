"""The chain graph: links, branches, gaps and what pruning keeps."""

import dataclasses

import numpy as np
import pytest

from zimg.tracing.chain_graph import chain_graph, pruned
from zimg.tracing.connect import Connection, connection_cost
from zimg.tracing.contacts import HEAD, TAIL


def branch(hook, loop, cost, *, end=HEAD, link=False):
    return Connection(hook, loop, end, link, 3, np.zeros(3), 0.0, 0.0, cost)


def named(edges):
    return [(edge.hook, edge.loop, edge.cost) for edge in edges]


def test_two_tubes_in_line_whose_ends_touch_are_one_link(tube):
    chains = [tube([0, 0, 0], [40, 0, 0]), tube([40, 0, 0], [80, 0, 0])]
    grown, (edge,) = chain_graph(chains, reach=10.0)
    assert edge.link
    assert {edge.end, edge.loop_index} == {HEAD, TAIL}
    assert edge.cost == 0.5
    assert [len(chain) for chain in grown] == [len(chain) for chain in chains]


def test_a_tee_is_a_branch_with_a_point_inserted(tube):
    chains = [tube([0, 0, 0], [80, 0, 0]), tube([42, 2, 0], [42, 50, 0])]
    grown, (edge,) = chain_graph(chains, reach=10.0)
    assert (edge.hook, edge.loop, edge.end, edge.link) == (1, 0, HEAD, False)
    assert edge.position == pytest.approx([42.0, 0.0, 0.0])
    assert len(grown[0]) == len(chains[0]) + 1
    assert grown[0].segments[edge.loop_index, 5:] == pytest.approx([42.0, 0.0, 0.0])


def test_a_gap_costs_by_its_width_and_connects_up_to_the_reach(tube):
    chains = [tube([0, 0, 0], [80, 0, 0]), tube([42, 12, 0], [42, 60, 0])]
    _, (edge,) = chain_graph(chains, reach=10.0)
    assert edge.distance == pytest.approx(10.0)
    assert edge.cost == pytest.approx(connection_cost(10.0)) == pytest.approx(0.52498, abs=1e-5)
    assert chain_graph(chains, reach=9.9)[1] == []


def test_chains_that_cross_midway_do_not_connect(tube):
    chains = [tube([0, 30, 0], [60, 30, 0]), tube([30, 0, 0], [30, 60, 0])]
    assert chain_graph(chains, reach=10.0)[1] == []


def test_of_two_opposite_branches_the_cheaper_stays_and_of_equals_the_later():
    assert named(pruned([branch(0, 1, 0.6), branch(1, 0, 0.5)])) == [(1, 0, 0.5)]
    assert named(pruned([branch(0, 1, 0.5), branch(1, 0, 0.6)])) == [(0, 1, 0.5)]
    assert named(pruned([branch(0, 1, 0.5), branch(1, 0, 0.5)])) == [(1, 0, 0.5)]


def test_one_end_of_a_chain_keeps_one_branch():
    edges = [
        branch(0, 1, 0.52),
        branch(0, 2, 0.51),
        branch(0, 3, 0.53),
        branch(0, 4, 0.6, end=TAIL),
    ]
    assert named(pruned(edges)) == [(0, 2, 0.51), (0, 4, 0.6)]


def test_links_are_never_pruned():
    edges = [branch(0, 1, 0.9, link=True), branch(0, 2, 0.5), branch(1, 0, 0.8, link=True)]
    assert pruned(edges) == edges


def test_a_dropped_branch_goes_on_competing_in_its_round():
    edges = [branch(0, 1, 0.55), branch(0, 2, 0.5), branch(0, 3, 0.58)]
    assert named(pruned(edges)) == [(0, 2, 0.5)]


def test_the_result_does_not_depend_on_translation(star):
    chains, _ = star
    moved = [
        dataclasses.replace(chain, segments=chain.segments + np.array([0] * 5 + [100, 200, 300]))
        for chain in chains
    ]
    one, other = chain_graph(chains, reach=10.0)[1], chain_graph(moved, reach=10.0)[1]
    assert [edge[:2] for edge in named(one)] == [edge[:2] for edge in named(other)]
    assert [edge.cost for edge in one] == pytest.approx([edge.cost for edge in other])
    assert [edge.loop_index for edge in one] == [edge.loop_index for edge in other]


def test_no_chain_or_one_chain_has_no_edges(tube):
    assert chain_graph([], reach=10.0) == ([], [])
    assert chain_graph([tube([0, 0, 0], [40, 0, 0])], reach=10.0)[1] == []
