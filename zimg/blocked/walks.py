"""Parts that continue each other in the order in which they do, and the chain they make."""

from itertools import pairwise

from zimg.blocked.pieces import HEAD, TAIL, joined, taken
from zimg.tracing.chains import Chain
from zimg.tracing.segments import POSITION, RADIUS, SCALE

End = tuple[int, int]


def walks_of(count: int, partner: dict[End, End]) -> list[list[tuple[int, bool]]]:
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


def concatenated(chains: list[Chain]) -> Chain:
    """Chains joined at their stubs; the joint is the mean of both."""
    if len(chains) == 1:
        return chains[0]
    whole = joined([chains[0], *(taken(chain, slice(1, None)) for chain in chains[1:])])
    place = -1
    for chain, other in pairwise(chains):
        place += len(chain) - (place >= 0)
        row, second = whole.segments[place], other.segments[0]
        row[POSITION] = 0.5 * (row[POSITION] + second[POSITION])
        row[RADIUS] = 0.5 * (row[RADIUS] + second[RADIUS])
        row[SCALE] = 0.5 * (row[SCALE] + second[SCALE])
    return whole
