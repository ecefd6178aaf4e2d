"""Stitching of the chains of all blocks across faces: sequential host code over sorted pieces.

Stubs that meet on a face are matched first. Fibres along a face that two blocks traced are then
removed from one of them, and unmatched stubs are extended along their tails where nothing else is
traced.
"""

from collections.abc import Sequence
from operator import attrgetter

import numpy as np

from zimg.blocked.duplicates import Copies, Part, without_copies, without_duplicates
from zimg.blocked.lines import line_of, lines_of
from zimg.blocked.matching import End, Stub, concatenated, matched, stubs_of, walks_of
from zimg.blocked.pieces import HEAD, TAIL, Key, Piece, reversed_chain
from zimg.blocked.plan import Plan
from zimg.blocked.strands import Link, Strand, Strands
from zimg.tracing.segments import Rows


class Stitcher(Strands):
    """Stitched chains of a volume, to which rounds of continuation are added.

    Parameters
    ----------
    pieces
        Pieces of all blocks.
    plan
        Division into blocks.
    z_to_xy
        Size of a voxel in z over that in x and y.
    low_score
        Mean score below which a tail of less than a segment is dropped.
    """

    def __init__(
        self, pieces: Sequence[Piece], plan: Plan, *, z_to_xy: float, low_score: float
    ) -> None:
        super().__init__(low_score)
        ordered = sorted(pieces, key=attrgetter("key"))
        inside = [piece for piece in ordered if piece.inside]
        if len(plan) == 1:
            self._keep(inside)
            return
        self._tails = {piece.key: piece for piece in ordered if not piece.inside}
        lines = lines_of([piece.chain for piece in inside])
        copies = without_copies(Copies.of(inside, lines, plan, z_to_xy))
        stubs = stubs_of(copies.pieces, copies.lines)
        self._assemble(copies, stubs, matched(stubs))
        self._follow_tails()
        self._close_covered_ends()

    def _keep(self, inside: list[Piece]) -> None:
        """Chains of a single block stay as they are."""
        for piece in inside:
            self.strands.append(Strand(piece.chain, piece.key, [None, None], [False, False]))

    # Assembly of pieces ---------------------------------------------------------------------

    def _assemble(self, copies: Copies, stubs: list[Stub], pairs: list[tuple[int, int]]) -> None:
        """Remove duplicates and join the remaining parts at matched stubs."""
        bound = {(stubs[i].piece, stubs[i].end) for pair in pairs for i in pair}
        parts, hooks = without_duplicates(copies, bound)
        at = {(p.piece, end): n for n, p in enumerate(parts) for end in (0, 1) if p.whole[end]}
        partner: dict[End, End] = {}
        for one, other in pairs:
            ends = [(stubs[i].piece, stubs[i].end) for i in (one, other)]
            a, b = ((at[end], end[1]) for end in ends)
            partner[a], partner[b] = b, a
        loose = {(s.piece, s.end): s for s in stubs if (s.piece, s.end) not in bound}
        for walk in walks_of(len(parts), partner):
            self._add_walk(walk, parts, copies.pieces, loose)
        self.accepted.add([p.line for p in parts], list(range(len(parts))))
        self._link_parts(parts, hooks)

    def _add_walk(
        self,
        walk: list[tuple[int, bool]],
        parts: list[Part],
        inside: Sequence[Piece],
        loose: dict[End, Stub],
    ) -> None:
        """Add a strand made of parts in order, each with whether it is reversed."""
        chains = [reversed_chain(parts[n].chain) if back else parts[n].chain for n, back in walk]
        cuts: list[tuple[Key, int, Stub] | None] = []
        opened = []
        for side, (number, back) in ((HEAD, walk[0]), (TAIL, walk[-1])):
            part, end = parts[number], side ^ int(back)
            stub = loose.get((part.piece, end)) if part.whole[end] else None
            piece = inside[part.piece]
            cuts.append(None if stub is None else (piece.key, end, stub))
            opened.append(
                bool(
                    part.whole[end] and stub is None and piece.open[end] and piece.cuts[end] is None
                )
            )
        key = min(inside[parts[n].piece].key for n, _ in walk)
        self.strands.append(Strand(concatenated(chains), key, cuts, opened))
        for number, _ in walk:
            _put(self.strand_of, number, len(self.strands) - 1)
            _put(self.origin_of, number, inside[parts[number].piece].key[:2])

    def _link_parts(self, parts: list[Part], hooks: list[tuple[int, int, int, Rows]]) -> None:
        """Link the ends created by removals: part, end, covering part, position."""
        for part, end, other, position in hooks:
            hook, loop = self.strand_of[part], self.strand_of[other]
            chain_end = self._end_of(hook, parts[part], end)
            if chain_end is not None and hook != loop:
                self.links.append(Link(hook, chain_end, loop, position))

    def _end_of(self, strand: int, part: Part, end: int) -> int | None:
        """Return the end of a strand that coincides with an end of one of its parts."""
        point = part.line.points[0 if end == HEAD else -1]
        line = line_of(self.strands[strand].chain)
        for side, place in ((HEAD, 0), (TAIL, -1)):
            if np.allclose(line.points[place], point, atol=1e-6):
                return side
        return None

    # Tails ----------------------------------------------------------------------------------

    def _follow_tails(self) -> None:
        """Extend unmatched stubs along their tails where nothing else is traced."""
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
        reached = self.extend(number, end, outward, (block, chain), tail.key)
        if reached is None:
            return
        if tail.cuts[far] is None:
            self.strands[reached[0]].open[reached[1]] = tail.open[far]
            return
        # The tail returns into the core of its own block, where the chain continues.
        back = (block, chain, run + (2 if piece_end == TAIL else -2))
        done.add((back, 1 - piece_end))
        self._link_return(*reached, back)

    def _link_return(self, number: int, end: int, back: Key) -> None:
        """Link a strand whose tail returned into the core to the piece it reached."""
        line = line_of(self.strands[number].chain)
        point = line.points[0 if end == HEAD else -1]
        for other, strand in enumerate(self.strands):
            for side, cut in enumerate(strand.cuts):
                if cut is not None and cut[0] == back and other != number:
                    place = line_of(strand.chain).points[0 if side == HEAD else -1]
                    if np.linalg.norm(place - point) < 1.0:
                        self.links.append(Link(number, end, other, place))
                        return

    def _close_covered_ends(self) -> None:
        """Link open ends that lie in accepted geometry instead of continuing them."""
        for number, end in self.open_ends():
            line = line_of(self.strands[number].chain)
            place = 0 if end == HEAD else -1
            near = self.accepted.near(line.points[place][None], line.radius[place][None])
            own = np.array([self.strand_of[o] == number for o in near.owner], np.bool_)
            near = near.chosen(~own)
            if len(near.point):
                self.strands[number].open[end] = False
                self.link_to(number, end, near, 0)


def _place(stub: Stub) -> tuple[int, float, float, float, float]:
    return (stub.axis, stub.plane, *stub.position.tolist())


def _put(values: list, place: int, value: object) -> None:  # type: ignore[type-arg]
    """Set an item of a list, extending the list as needed."""
    values.extend([None] * (place + 1 - len(values)))
    values[place] = value
