"""Chains during assembly: coverage, growth and links."""

from dataclasses import dataclass, field, replace

import numpy as np

from zimg.blocked.cutting import between
from zimg.blocked.lines import Accepted, Line, Near, line_of
from zimg.blocked.matching import End, Stub
from zimg.blocked.pieces import HEAD, TAIL, Key, joined, reversed_chain, taken
from zimg.tracing.chains import Chain, knots
from zimg.tracing.segments import Rows

Origin = tuple[int, int]

SHORT_TAIL = 11.0
"""Tails shorter than this, the length of a segment, are dropped if their score is low."""


@dataclass(frozen=True)
class Link:
    """Connection found by stitching: an end of one chain and a point of another.

    Attributes
    ----------
    hook, end
        Index of a chain, and its `HEAD` or `TAIL`.
    loop
        Index of the other chain.
    position
        ``(3,)`` position on the other chain, in trace space.
    """

    hook: int
    end: int
    loop: int
    position: Rows


@dataclass
class Strand:
    """Chain during assembly.

    Attributes
    ----------
    chain
        In coordinates of the volume.
    key
        Key of the first piece.
    cuts
        Unmatched stub at each end: key of the piece, end of the piece, stub.
    open
        Whether each end is to be continued.
    """

    chain: Chain
    key: Key
    cuts: list[tuple[Key, int, Stub] | None]
    open: list[bool]


@dataclass
class Strands:
    """Chains of a volume during assembly, and their accepted edges.

    Attributes
    ----------
    low_score
        Mean score below which a tail of less than a segment is dropped.
    strands, links
        Strands, and links between them.
    accepted
        Accepted edges by owner.
    strand_of, origin_of
        Strand of every owner, and the chain of a block (or the round) from which it originates.
    """

    low_score: float
    strands: list[Strand] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    accepted: Accepted = field(default_factory=Accepted)
    strand_of: list[int] = field(default_factory=list)
    origin_of: list[Origin] = field(default_factory=list)

    def open_ends(self) -> list[End]:
        """Return strand and end of all open ends, in the order of keys."""
        order = sorted(range(len(self.strands)), key=lambda n: (self.strands[n].key, n))
        return [(n, end) for n in order for end in (HEAD, TAIL) if self.strands[n].open[end]]

    def accept_continuation(
        self, number: int, end: int, outward: Chain, origin: Origin, *, unread: bool
    ) -> None:
        """Append the continuation of an end.

        Parameters
        ----------
        number, end
            As `open_ends` gave them.
        outward
            Begins with the last segment of the strand.
        origin
            Differs from that of all others.
        unread
            Whether the continuation ended at a border of the region of its block.
        """
        strand = self.strands[number]
        strand.open[end] = False
        if len(outward) < 2:
            return
        line = line_of(outward)
        near = self.accepted.near(line.points, line.radius)
        own = np.array([self.strand_of[o] == number for o in near.owner], np.bool_)
        near = near.chosen(~own)
        covered = np.zeros(len(line.points), np.bool_)
        covered[near.point] = True
        stop = int(np.argmax(covered)) if covered.any() else len(covered)
        if stop > 1:
            self._append(number, end, self._part(outward, 0, stop - 1), origin)
        if stop < len(covered):
            self.link_to(number, end, near, stop)
        else:
            strand.open[end] = unread

    def result(self) -> tuple[list[Chain], list[Link]]:
        """Return the chains in the order of their keys and the links between them."""
        order = sorted(range(len(self.strands)), key=lambda n: (self.strands[n].key, n))
        place = {number: rank for rank, number in enumerate(order)}
        links = [replace(link, hook=place[link.hook], loop=place[link.loop]) for link in self.links]
        return [self.strands[n].chain for n in order], links

    def extend(self, number: int, end: int, outward: Chain, origin: Origin, key: Key) -> End | None:
        """Extend a strand along a chain that begins at its end, up to accepted geometry.

        Returns the strand and end that reached the far end of the chain, if any.
        """
        line = line_of(outward)
        near = self._others(line.points, line.radius, origin)
        covered = np.zeros(len(line.points), np.bool_)
        covered[near.point] = True
        lead = int(np.argmin(covered)) if not covered.all() else len(covered)
        rest = covered[lead:]
        stop = lead + (int(np.argmax(rest)) if rest.any() else len(rest))
        if lead > 0:
            self.link_to(number, end, near, 0)
        if lead == len(covered) or (lead == 0 and stop <= 1):
            if lead == 0 and stop < len(covered):
                self.link_to(number, end, near, stop)
            return None
        part = self._part(outward, max(lead - 1, 0), stop - 1)
        if _is_poor(part, self.low_score):
            return None
        if lead == 0:
            self._append(number, end, part, origin)
            target, target_end = number, end
        else:
            target, target_end = self._add_strand(part, key, origin), TAIL
            self.link_to(target, HEAD, near, lead - 1)
        if stop < len(covered):
            self.link_to(target, target_end, near, stop)
            return None
        return target, target_end

    def _others(self, points: Rows, radius: Rows, origin: Origin) -> Near:
        """Find accepted edges that cover points, except those of one origin."""
        near = self.accepted.near(points, radius)
        same = np.array([self.origin_of[owner] == origin for owner in near.owner], np.bool_)
        return near.chosen(~same)

    def link_to(self, number: int, end: int, near: Near, point: int) -> None:
        """Link an end to the strand that covers a point."""
        found = near.nearest(point)
        if found is None:
            return
        loop = self.strand_of[found[0]]
        if loop != number:
            self.links.append(Link(number, end, loop, found[1]))

    def _part(self, chain: Chain, first: int, last: int) -> Chain:
        """Extract the part of a chain between two of its knots."""
        index, fraction = knots(chain)
        if first == 0 and last == len(index) - 1:
            return chain
        return between(chain, index[first : last + 1], fraction[first : last + 1])

    def _append(self, number: int, end: int, part: Chain, origin: Origin) -> None:
        """Append a part, which begins where the strand ends."""
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
        self.accepted.add([line], [len(self.strand_of)])
        self.strand_of.append(number)
        self.origin_of.append(origin)


def _is_poor(chain: Chain, limit: float) -> bool:
    """Whether a tail is shorter than a segment and scores badly."""
    steps = np.diff(line_of(chain).points, axis=0)
    short = float(np.linalg.norm(steps, axis=1).sum()) < SHORT_TAIL
    return short and float(chain.score.mean()) < limit
