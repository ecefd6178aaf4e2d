"""Contacts of chains: the batch equals all pairs, and stays so after an insertion."""

import numpy as np
import pytest

from zimg.tracing.contacts import HEAD, TAIL, after_insertion, contacts, probes
from zimg.tracing.distances import axis_line_distance, surface_distance
from zimg.tracing.insert import knot_line, with_branch_point
from zimg.tracing.segments import axis_point

REACH = 12.0


def tangle(tube, count=9, seed=2):
    rng = np.random.default_rng(seed)
    return [
        tube(
            *rng.uniform(0.0, 35.0, (2, 3)),
            radius=rng.uniform(0.5, 4.0),
            scale=rng.uniform(0.4, 2.5),
        )
        for _ in range(count)
    ]


def all_pairs(hook, loop):
    """Distance, axis distance, segment and end of the nearest approach, of all there are."""
    rows = loop.segments
    found: list[tuple[float, float, int, int]] = []
    for end, stub in enumerate(probes(hook)):
        stubs = np.tile(stub, (len(rows), 1))
        distance = np.minimum(
            *(surface_distance(axis_point(stubs, offset), rows)[0] for offset in (0.0, 1.0))
        )
        apart = axis_line_distance(stubs, rows)
        found += zip(distance, apart, range(len(rows)), [end] * len(rows), strict=True)
    return min(found)


def test_probes_start_at_the_ends_and_point_inwards(tube):
    head, tail = probes(tube([0, 0, 0], [40, 0, 0]))
    assert axis_point(head, 0.0) == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)
    assert axis_point(head, 1.0) == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)
    assert axis_point(tail, 0.0) == pytest.approx([40.0, 0.0, 0.0], abs=1e-9)
    assert axis_point(tail, 1.0) == pytest.approx([39.0, 0.0, 0.0], abs=1e-9)


def test_contact_of_an_end_before_a_wall_is_the_gap(tube):
    table = contacts([tube([0, 0, 0], [40, 0, 0]), tube([48, -30, 0], [48, 30, 0])], REACH)
    found = table[0, 1]
    assert (found.end, found.distance) == (TAIL, pytest.approx(6.0))
    assert found.nearest == pytest.approx([46.0, 0.0, 0.0], abs=1e-9)
    assert table.get((1, 0)) is None


def test_the_nearer_end_of_the_hook_is_taken(tube):
    table = contacts([tube([4, 0, 0], [44, 0, 0]), tube([0, -30, 0], [0, 30, 0])], REACH)
    assert table[0, 1].end == HEAD


def test_contacts_equal_those_of_all_pairs(tube):
    chains = tangle(tube)
    table = contacts(chains, REACH)
    near = 0
    for hook in range(len(chains)):
        for loop in range(len(chains)):
            if hook == loop:
                continue
            expected = all_pairs(chains[hook], chains[loop])
            if expected[0] > REACH:
                continue
            found = table[hook, loop]
            near += 1
            assert (found.distance, found.axis_distance) == pytest.approx(expected[:2], abs=1e-9)
            assert (found.index, found.end) == expected[2:]
    assert near > 10


def test_pairs_come_in_ascending_order_of_hook_then_loop(tube):
    pairs = list(contacts(tangle(tube), REACH))
    assert pairs == sorted(pairs)


def test_contacts_after_an_insertion_equal_those_of_the_new_chain(tube):
    chains = tangle(tube, seed=4)
    table = contacts(chains, REACH)
    hooks = [hook for hook, loop in table if loop == 0]
    line = knot_line(chains[0])
    for knot in range(len(line.points) - 1):
        middle = line.points[knot : knot + 2].mean(axis=0)
        point = with_branch_point(chains[0], line, middle, None)
        assert point.new
        fresh = after_insertion(
            [table[hook, 0] for hook in hooks],
            np.array([probes(chains[hook]) for hook in hooks]),
            point.chain.segments,
            point.new,
            REACH,
        )
        for hook, found in zip(hooks, fresh, strict=True):
            distance, _, index, _ = all_pairs(chains[hook], point.chain)
            if distance <= REACH:
                assert found.distance == pytest.approx(distance, abs=1e-9)
                assert distance == 0.0 or found.index == index or index in point.new


def test_fewer_than_two_chains_have_no_contacts(tube):
    assert contacts([], REACH) == {}
    assert contacts([tube([0, 0, 0], [40, 0, 0])], REACH) == {}
