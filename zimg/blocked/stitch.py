"""Chains of all blocks joined across faces: host code over sorted pieces, without chance.

First stubs that meet on a face are matched; then what two blocks have both traced along a face is
removed from the later one; then the tails of unmatched stubs fill what nobody has traced.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np

from zimg.blocked.duplicates import Part, without_copies, without_duplicates
from zimg.blocked.matching import Stub, matched, stubs_of
from zimg.blocked.pieces import (
    HEAD,
    TAIL,
    Key,
    Piece,
    between,
    joined,
    reversed_chain,
    taken,
)
from zimg.blocked.plan import Plan
from zimg.blocked.samples import Line, Near, Samples, line_of
from zimg.tracing.chains import Chain, knots
from zimg.tracing.segments import POSITION, RADIUS, SCALE, Rows

SHORT_TAIL = 11.0
"""A tail below the length of a segment and of low score is dropped."""

Origin = tuple[int, int]
End = tuple[int, int]


@dataclass(frozen=True)
class Link:
    """A connection that the stitching knows of: an end of one chain and a point of another.

    Attributes
    ----------
    hook, end
        Index of a chain, and its `HEAD` or `TAIL`.
    loop
        Index of the other chain.
    position
        ``(3,)`` where on it, in trace space.
    """

    hook: int
    end: int
    loop: int
    position: Rows


@dataclass
class Strand:
    """A chain while it is being put together.

    Attributes
    ----------
    chain
        In coordinates of the volume.
    key
        Of its first piece.
    cuts
        The unmatched stub at each end: key of the piece, its end, and the stub.
    open
        Whether each end is to be continued.
    """

    chain: Chain
    key: Key
    cuts: list[tuple[Key, int, Stub] | None]
    open: list[bool]


class Stitcher:
    """The stitched state of a volume; rounds of continuations are added to it.

    Parameters
    ----------
    pieces
        Of all blocks.
    plan
        The blocks.
    z_to_xy
        Size of a voxel in z over that in x and y.
    low_score
        Mean score below which a tail of less than a segment is dropped.
    """

    def __init__(
        self, pieces: Sequence[Piece], plan: Plan, *, z_to_xy: float, low_score: float
    ) -> None:
        self.strands: list[Strand] = []
        self.links: list[Link] = []
        self._low_score = low_score
        self._samples = Samples()
        self._strand_of: list[int] = []
        self._origin_of: list[Origin] = []
        ordered = sorted(pieces, key=attrgetter("key"))
        inside = [piece for piece in ordered if piece.inside]
        if len(plan) == 1:
            self._keep(inside)
            return
        self._tails = {piece.key: piece for piece in ordered if not piece.inside}
        lines = [line_of(piece.chain) for piece in inside]
        inside, lines = without_copies(inside, lines, plan, z_to_xy)
        stubs = stubs_of(inside, lines)
        pairs = matched(stubs)
        self._assemble(inside, lines, stubs, pairs, plan, z_to_xy)
        self._follow_tails()
        self._close_covered_ends()

    def _keep(self, inside: list[Piece]) -> None:
        """Chains of a single block stay as they are."""
        for piece in inside:
            self.strands.append(Strand(piece.chain, piece.key, [None, None], [False, False]))

    # Assembly of pieces ---------------------------------------------------------------------

    def _assemble(
        self,
        inside: list[Piece],
        lines: list[Line],
        stubs: list[Stub],
        pairs: list[tuple[int, int]],
        plan: Plan,
        z_to_xy: float,
    ) -> None:
        """Remove what is traced twice, and join the rest along matched stubs."""
        bound = {(stubs[i].piece, stubs[i].end) for pair in pairs for i in pair}
        parts, hooks = without_duplicates(inside, lines, bound, plan, z_to_xy)
        at = {(p.piece, end): n for n, p in enumerate(parts) for end in (0, 1) if p.whole[end]}
        partner: dict[End, End] = {}
        for one, other in pairs:
            ends = [(stubs[i].piece, stubs[i].end) for i in (one, other)]
            a, b = ((at[end], end[1]) for end in ends)
            partner[a], partner[b] = b, a
        loose = {(s.piece, s.end): s for s in stubs if (s.piece, s.end) not in bound}
        for walk in _walks(len(parts), partner):
            self._add_walk(walk, parts, inside, loose)
        self._samples.add([p.line for p in parts], list(range(len(parts))))
        self._link_parts(parts, hooks)

    def _add_walk(
        self,
        walk: list[tuple[int, bool]],
        parts: list[Part],
        inside: list[Piece],
        loose: dict[End, Stub],
    ) -> None:
        """One strand of parts in order, each with whether it is reversed."""
        chains = [
            reversed_chain(parts[n].chain) if back else parts[n].chain for n, back in walk
        ]
        cuts: list[tuple[Key, int, Stub] | None] = []
        opened = []
        for side, (number, back) in ((HEAD, walk[0]), (TAIL, walk[-1])):
            part, end = parts[number], side ^ int(back)
            stub = loose.get((part.piece, end)) if part.whole[end] else None
            piece = inside[part.piece]
            cuts.append(None if stub is None else (piece.key, end, stub))
            opened.append(bool(part.whole[end] and stub is None and piece.open[end]
                               and piece.cuts[end] is None))
        key = min(inside[parts[n].piece].key for n, _ in walk)
        self.strands.append(Strand(_concatenated(chains), key, cuts, opened))
        for number, _ in walk:
            _put(self._strand_of, number, len(self.strands) - 1)
            _put(self._origin_of, number, inside[parts[number].piece].key[:2])

    def _link_parts(self, parts: list[Part], hooks: list[tuple[int, int, int, Rows]]) -> None:
        """Links of the ends at which something was removed: part, end, covering part, where."""
        for part, end, other, position in hooks:
            hook, loop = self._strand_of[part], self._strand_of[other]
            chain_end = self._end_of(hook, parts[part], end)
            if chain_end is not None and hook != loop:
                self.links.append(Link(hook, chain_end, loop, position))

    def _end_of(self, strand: int, part: Part, end: int) -> int | None:
        """Which end of a strand an end of one of its parts is."""
        point = part.line.points[0 if end == HEAD else -1]
        line = line_of(self.strands[strand].chain)
        for side, place in ((HEAD, 0), (TAIL, -1)):
            if np.allclose(line.points[place], point, atol=1e-6):
                return side
        return None

    # Tails ----------------------------------------------------------------------------------

    def _follow_tails(self) -> None:
        """Fill what nobody has traced by the tails of stubs without a partner."""
        waiting = [
            (cut, number, end)
            for number, strand in enumerate(self.strands)
            for end, cut in enumerate(strand.cuts)
            if cut is not None
        ]
        waiting.sort(key=lambda entry: _place(entry[0][2]))
        done: set[tuple[Key, int]] = set()
        for (key, piece_end, _), number, end in waiting:
            if (key, piece_end) not in done:
                self._follow_tail(key, piece_end, number, end, done)

    def _follow_tail(
        self, key: Key, piece_end: int, number: int, end: int, done: set[tuple[Key, int]]
    ) -> None:
        block, chain, run = key
        tail = self._tails.get((block, chain, run + (1 if piece_end == TAIL else -1)))
        if tail is None:
            self.strands[number].open[end] = True
            return
        outward = tail.chain if piece_end == TAIL else reversed_chain(tail.chain)
        far = TAIL if piece_end == TAIL else HEAD
        reached = self._extend(number, end, outward, (block, chain), tail.key)
        if reached is None:
            return
        if tail.cuts[far] is None:
            self.strands[reached[0]].open[reached[1]] = tail.open[far]
            return
        # The tail comes back into the core of its own block, where the chain goes on.
        back = (block, chain, run + (2 if piece_end == TAIL else -2))
        done.add((back, 1 - piece_end))
        self._link_return(*reached, back)

    def _link_return(self, number: int, end: int, back: Key) -> None:
        """Link a strand whose tail has come back to the piece that it came back to."""
        line = line_of(self.strands[number].chain)
        point = line.points[0 if end == HEAD else -1]
        for other, strand in enumerate(self.strands):
            for side, cut in enumerate(strand.cuts):
                if cut is not None and cut[0] == back and other != number:
                    place = line_of(strand.chain).points[0 if side == HEAD else -1]
                    if np.linalg.norm(place - point) < 1.0:
                        self.links.append(Link(number, end, other, place))
                        return

    def _extend(
        self, number: int, end: int, outward: Chain, origin: Origin, key: Key
    ) -> End | None:
        """Let a strand follow a chain that begins at its end as far as nobody else has traced.

        Returns the strand and the end that have reached the far end of the chain, if any.
        """
        line = line_of(outward)
        near = self._others(line.points, line.radius, origin)
        covered = np.zeros(len(line.points), np.bool_)
        covered[near.point] = True
        lead = int(np.argmin(covered)) if not covered.all() else len(covered)
        rest = covered[lead:]
        stop = lead + (int(np.argmax(rest)) if rest.any() else len(rest))
        if lead > 0:
            self._link_to(number, end, near, 0)
        if lead == len(covered) or (lead == 0 and stop <= 1):
            if lead == 0 and stop < len(covered):
                self._link_to(number, end, near, stop)
            return None
        part = self._part(outward, max(lead - 1, 0), stop - 1)
        if _is_poor(part, self._low_score):
            return None
        if lead == 0:
            self._append(number, end, part, origin)
            target, target_end = number, end
        else:
            target, target_end = self._add_strand(part, key, origin), TAIL
            self._link_to(target, HEAD, near, lead - 1)
        if stop < len(covered):
            self._link_to(target, target_end, near, stop)
            return None
        return target, target_end

    def _others(self, points: Rows, radius: Rows, origin: Origin) -> Near:
        """What covers points, chains of one origin left out."""
        near = self._samples.near(points, radius)
        same = np.array([self._origin_of[owner] == origin for owner in near.owner], np.bool_)
        return near.chosen(~same)

    def _link_to(self, number: int, end: int, near: Near, point: int) -> None:
        """Link an end to what covers a point."""
        found = near.nearest(point)
        if found is None:
            return
        loop = self._strand_of[found[0]]
        if loop != number:
            self.links.append(Link(number, end, loop, found[1]))

    def _part(self, chain: Chain, first: int, last: int) -> Chain:
        """The part of a chain between two of its knots."""
        index, fraction = knots(chain)
        if first == 0 and last == len(index) - 1:
            return chain
        return between(chain, index[first : last + 1], fraction[first : last + 1])

    def _append(self, number: int, end: int, part: Chain, origin: Origin) -> None:
        """Add a part, which begins where the strand ends, behind that end."""
        strand = self.strands[number]
        chain = strand.chain if end == TAIL else reversed_chain(strand.chain)
        longer = joined([chain, taken(part, slice(1, None))]) if len(part) > 1 else chain
        strand.chain = longer if end == TAIL else reversed_chain(longer)
        self._accept(line_of(part), number, origin)

    def _add_strand(self, part: Chain, key: Key, origin: Origin) -> int:
        self.strands.append(Strand(part, key, [None, None], [False, False]))
        number = len(self.strands) - 1
        self._accept(line_of(part), number, origin)
        return number

    def _accept(self, line: Line, number: int, origin: Origin) -> None:
        self._samples.add([line], [len(self._strand_of)])
        self._strand_of.append(number)
        self._origin_of.append(origin)

    # Open ends ------------------------------------------------------------------------------

    def _close_covered_ends(self) -> None:
        """Open ends that lie in what others have traced are linked there instead."""
        for number, end in self.open_ends():
            line = line_of(self.strands[number].chain)
            place = 0 if end == HEAD else -1
            near = self._samples.near(line.points[place][None], line.radius[place][None])
            own = np.array([self._strand_of[o] == number for o in near.owner], np.bool_)
            near = near.chosen(~own)
            if len(near.point):
                self.strands[number].open[end] = False
                self._link_to(number, end, near, 0)

    def open_ends(self) -> list[End]:
        """Strand and end of everything that is to be continued, in the order of keys."""
        order = sorted(range(len(self.strands)), key=lambda n: (self.strands[n].key, n))
        return [(n, end) for n in order for end in (HEAD, TAIL) if self.strands[n].open[end]]

    def accept_continuation(
        self, number: int, end: int, outward: Chain, origin: Origin, *, unread: bool
    ) -> None:
        """Append what a round has found behind an end.

        Parameters
        ----------
        number, end
            As `open_ends` gave them.
        outward
            Begins with the last segment of the strand.
        origin
            Differs from that of all others.
        unread
            Whether it ended where its block had read no further.
        """
        strand = self.strands[number]
        strand.open[end] = False
        if len(outward) < 2:
            return
        line = line_of(outward)
        near = self._samples.near(line.points, line.radius)
        own = np.array([self._strand_of[o] == number for o in near.owner], np.bool_)
        near = near.chosen(~own)
        covered = np.zeros(len(line.points), np.bool_)
        covered[near.point] = True
        stop = int(np.argmax(covered)) if covered.any() else len(covered)
        if stop > 1:
            self._append(number, end, self._part(outward, 0, stop - 1), origin)
        if stop < len(covered):
            self._link_to(number, end, near, stop)
        else:
            strand.open[end] = unread

    # Result ---------------------------------------------------------------------------------

    def result(self) -> tuple[list[Chain], list[Link]]:
        """Chains in the order of their keys, and the links between them."""
        order = sorted(range(len(self.strands)), key=lambda n: (self.strands[n].key, n))
        place = {number: rank for rank, number in enumerate(order)}
        links = [
            replace(link, hook=place[link.hook], loop=place[link.loop]) for link in self.links
        ]
        return [self.strands[n].chain for n in order], links


def _walks(count: int, partner: dict[End, End]) -> list[list[tuple[int, bool]]]:
    """Parts in the order in which they follow each other, each with whether it is reversed."""
    seen: set[int] = set()
    walks = []
    free = [n for n in range(count) if (n, HEAD) not in partner or (n, TAIL) not in partner]
    for start in [*free, *range(count)]:  # what is left after the free ones are circles
        if start in seen:
            continue
        back = (start, HEAD) in partner and (start, TAIL) not in partner
        walk, at = [], start
        while at not in seen:
            seen.add(at)
            walk.append((at, back))
            leaving = (at, HEAD if back else TAIL)
            if leaving not in partner:
                break
            at, entered = partner[leaving]
            back = entered == TAIL
        walks.append(walk)
    return walks


def _concatenated(chains: list[Chain]) -> Chain:
    """Chains joined at their stubs; the joint is the mean of both."""
    whole = chains[0]
    for other in chains[1:]:
        joint = taken(whole, slice(-1, None))
        row, second = joint.segments[0].copy(), other.segments[0]
        row[POSITION] = 0.5 * (row[POSITION] + second[POSITION])
        row[RADIUS] = 0.5 * (row[RADIUS] + second[RADIUS])
        row[SCALE] = 0.5 * (row[SCALE] + second[SCALE])
        joint = replace(joint, segments=row[None, :])
        parts = [taken(whole, slice(None, -1)), joint, taken(other, slice(1, None))]
        whole = replace(joined(parts), head=whole.head, tail=other.tail)
    return whole


def _is_poor(chain: Chain, limit: float) -> bool:
    """Whether a tail is shorter than a segment and scores badly."""
    steps = np.diff(line_of(chain).points, axis=0)
    short = float(np.linalg.norm(steps, axis=1).sum()) < SHORT_TAIL
    return short and float(chain.score.mean()) < limit


def _place(stub: Stub) -> tuple[int, float, float, float, float]:
    return (stub.axis, stub.plane, *stub.position.tolist())


def _put(values: list, place: int, value: object) -> None:  # type: ignore[type-arg]
    """Set a place of a list that grows to it."""
    values.extend([None] * (place + 1 - len(values)))
    values[place] = value


