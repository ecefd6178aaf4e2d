"""From stitched chains to the tree of the volume."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from zimg.blocked.block import Decisions
from zimg.blocked.ladder import Ladder
from zimg.blocked.plan import ZYX, Box
from zimg.blocked.source import Volume, checked_read
from zimg.blocked.strands import Link
from zimg.ops import sample_linear
from zimg.swc import ZSwc
from zimg.swc.cleaning import clean, remove_orphans, resample_optimal
from zimg.tracing.chain_graph import chain_graph
from zimg.tracing.chains import Chain
from zimg.tracing.config import TraceConfig
from zimg.tracing.connect import Connection
from zimg.tracing.contacts import HEAD, TAIL
from zimg.tracing.crossings import resolved
from zimg.tracing.forest import spanning_forest
from zimg.tracing.screen import screen_chains
from zimg.tracing.segments import Rows
from zimg.tracing.signal import Index, Signal
from zimg.tracing.structure import MOST_PATH_TESTED
from zimg.tracing.tips import with_cut_tips

Orphan = Literal["reference"] | float | None


@dataclass(frozen=True)
class SourceSignal(Signal):
    """The signal of a volume that stays where it is: every access reads a box of it.

    Attributes
    ----------
    source
        The volume.
    decisions
        Give the signal.
    """

    source: Volume | None = None
    decisions: Decisions | None = None

    @property
    def shape_zyx(self) -> ZYX:
        """Size of the volume in voxels."""
        assert self.source is not None
        z, y, x = self.source.shape
        return (z + self._added, y, x)

    def sample(self, points: Rows) -> Rows:
        """Trilinear samples at ``(n, 3)`` points of trace space; NaN on and outside the border."""
        index = self.index_of(points)
        last = np.array(self.shape_zyx) - 1.0
        inside = ((index > 0.0) & (index < last)).all(axis=-1)
        out = np.full(len(index), np.nan)
        groups = np.unique(index[inside] // SAMPLED, axis=0, return_inverse=True)
        rows = np.flatnonzero(inside)
        for number in range(len(groups[0])):
            chosen = rows[groups[1].ravel() == number]
            low = np.floor(index[chosen].min(axis=0)).astype(np.int64)
            high = np.minimum(np.ceil(index[chosen].max(axis=0)).astype(np.int64) + 1, last + 1)
            box = self._box(low, high.astype(np.int64))
            at = (index[chosen] - low).astype(np.float32)
            out[chosen] = np.asarray(sample_linear(box, at), np.float64)
        return out

    def crop(self, low: Index, high: Index) -> Rows:
        """Voxels of the half-open box from `low` to `high`, both z y x, as float64 on the host."""
        return self._box(low, high).astype(np.float64)

    @property
    def _added(self) -> int:
        """Planes that were put around a thin volume."""
        assert self.source is not None
        return 2 if self.source.shape[0] <= THIN[isinstance(self.decisions, Ladder)] else 0

    def _box(self, low: Index, high: Index) -> Any:
        assert self.source is not None
        assert self.decisions is not None
        first, last = [int(v) for v in low], [int(v) for v in high]
        if self._added:
            depth = self.source.shape[0]
            flat = Box((0, first[1], first[2]), (depth, last[1], last[2]))
            signal = self.decisions.signal(checked_read(self.source, flat))
            return signal[first[0] : last[0]]
        box = Box((first[0], first[1], first[2]), (last[0], last[1], last[2]))
        return self.decisions.values(checked_read(self.source, box))


THIN = (1, 2)
"""Planes up to which reference and accurate tracing put more around a volume."""
SAMPLED = 64
"""Accepted in one cell of this many voxels are taken from one box."""


def build_tree(
    chains: Sequence[Chain],
    links: Sequence[Link],
    *,
    volume: Volume,
    decisions: Decisions,
    config: TraceConfig,
    z_to_xy: float,
    resample: bool,
    orphan: Orphan = None,
    most_path_tests: int = MOST_PATH_TESTED,
) -> ZSwc:
    """Join chains into trees and tidy these up, as `zimg.tracing.structure.build_tree`.

    Parameters
    ----------
    chains, links
        Of the stitched volume; links are taken unless they close a cycle.
    volume, decisions
        For the path test, which reads a box of the signal per test.
    config, z_to_xy
        As of the blocks.
    resample
        Merge nodes that their neighbours stand for.
    orphan
        As of `zimg.swc.cleaning.remove_orphans`.
    most_path_tests
        With more chains, connections go by distance alone.
    """
    kept = screen_chains(chains, config.chainScreenCount)
    place = {id(chain): number for number, chain in enumerate(kept)}
    signal = None
    if config.spTest and len(kept) <= most_path_tests:
        signal = SourceSignal(None, z_to_xy, volume, decisions)
    grown, connections = chain_graph(kept, reach=config.maxEucDist, signal=signal)
    if config.crossoverTest:
        connections = resolved(grown, connections)
    forced = [
        forced_connection(place[id(chains[link.hook])], place[id(chains[link.loop])], link)
        for link in links
        if id(chains[link.hook]) in place and id(chains[link.loop]) in place
    ]
    connections = [*forced, *connections]
    cut = with_cut_tips(grown, connections)
    forest = spanning_forest(cut, connections, z_to_xy=z_to_xy)
    clean(forest)
    if resample:
        resample_optimal(forest)
    remove_orphans(forest, orphan)
    return forest.to_swc()


def forced_connection(hook: int, loop: int, link: Link) -> Connection:
    """A link as a connection that costs nothing."""
    end = HEAD if link.end == 0 else TAIL
    return Connection(hook, loop, end, False, 0, link.position, 0.0, 0.0, 0.0)
