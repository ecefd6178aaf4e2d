"""Tracing of one block: a pure function of the volume, the block and the parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace
from zimg._progress import Reporter, reporter
from zimg._typing import Array
from zimg.arrays.export import exported
from zimg.blocked.cutting import cut_chain
from zimg.blocked.ladder import Ladder
from zimg.blocked.parameters import Parameters, device_of, origin_of
from zimg.blocked.pieces import Piece, limits, moved
from zimg.blocked.plan import Block, Box
from zimg.blocked.source import Volume, checked_read, known_empty
from zimg.blocked.stats import Thresholds
from zimg.kernels.components import components, remove_small
from zimg.ops import fastest, like, to_host
from zimg.tracing import preprocess
from zimg.tracing.accurate import SHORTEST_CHAIN as SHORTEST_ACCURATE
from zimg.tracing.accurate import untraced
from zimg.tracing.chains import Chain
from zimg.tracing.contrast import with_contrast, worth_tracing
from zimg.tracing.labels import Mask, label_trace
from zimg.tracing.leftover import leftover, traced_voxels
from zimg.tracing.marks import marks_beside
from zimg.tracing.pipeline import SHORTEST_CHAIN, SHORTEST_RECOVERED, Clock, Pass
from zimg.tracing.seeds import Seeds, extract_seeds, unmarked
from zimg.tracing.segments import COLUMNS, POSITION, Rows

Decisions = Thresholds | Ladder


@dataclass(frozen=True)
class Earlier:
    """Chains that earlier passes over a block found.

    Attributes
    ----------
    rows
        ``(n, 8)`` segments of these chains, in coordinates of the volume.
    chains
        Number of these chains; new chains are numbered from here.
    """

    rows: Rows
    chains: int


@dataclass(frozen=True)
class BlockResult:
    """Result of one block.

    Attributes
    ----------
    pieces
        Chains, cut at the faces of its core, in coordinates of the volume.
    seeds
        Number of seeds that were scored.
    chains
        Number of chains before they were cut.
    levels
        Number of levels of the ladder that were traced; 0 in reference mode.
    highest
        Highest value of the signal in the region of the block; 0 if there is nothing to trace.
    uncut
        ``(n, 8)`` segments of those chains that were cut, before the cuts.
    """

    pieces: list[Piece] = field(default_factory=list)
    seeds: int = 0
    chains: int = 0
    levels: int = 0
    highest: float = 0.0
    uncut: Rows = field(default_factory=lambda: stacked([]))


def trace_block(
    volume: Volume,
    block: Block,
    decisions: Decisions,
    parameters: Parameters,
    report: Reporter | None = None,
    earlier: Earlier | None = None,
) -> BlockResult:
    """Trace the chains whose seeds lie in the core of a block and cut them at its faces.

    Parameters
    ----------
    volume
        Volume whose region of the block is read once.
    block
        Core and region.
    decisions
        Decisions for the whole volume.
    parameters
        Parameters of the session.
    report
        Polled for cancellation.
    earlier
        Chains of higher levels of the ladder, which are not traced again.

    Returns
    -------
    BlockResult
        Depends on the arguments only.

    Raises
    ------
    UnreadableChunkError
        If a voxel of the region cannot be read.
    """
    if decisions.nothing or without_signal(volume, block.roi, decisions):
        return BlockResult()
    voxels = checked_read(volume, block.roi)
    preprocess.check_signal(voxels)
    signal = decisions.signal(voxels)
    del voxels
    highest = float(signal.max())
    if not highest > decisions.lowest:
        return BlockResult(highest=highest)
    run = _Run(block, decisions, parameters, report or reporter())
    chains = run.chains(run.uploaded(signal), earlier)
    first = 0 if earlier is None else earlier.chains
    placed = [moved(chain, origin_of(block, parameters)) for chain in chains]
    pieces = cut_all(placed, block, parameters, first)
    crossing = sorted({piece.key[1] - first for piece in pieces if any(piece.cuts)})
    uncut = stacked([placed[number].segments for number in crossing])
    return BlockResult(pieces, run.seeds, len(chains), run.levels, highest, uncut)


def without_signal(volume: Volume, box: Box, decisions: Decisions) -> bool:
    """Whether a box is known without reading to hold only zeros, which are background."""
    if not known_empty(volume, box):
        return False
    signal = decisions.values(np.zeros((1, 1, 1), volume.dtype))
    return bool(signal.max() <= decisions.lowest)


def stacked(rows: Sequence[Rows]) -> Rows:
    """Concatenate segments; ``(0, 8)`` without any."""
    return np.concatenate([np.zeros((0, COLUMNS)), *rows])


def cut_all(
    chains: list[Chain], block: Block, parameters: Parameters, first: int = 0
) -> list[Piece]:
    """Cut the chains of a block, in coordinates of the volume, at its core."""
    core = limits(block.core, parameters.shape, parameters.z_to_xy)
    roi = limits(block.roi, parameters.shape, parameters.z_to_xy)
    pieces = []
    for number, chain in enumerate(chains):
        pieces += cut_chain(chain, (block.number, first + number), core, roi)
    return pieces


@dataclass
class _Run:
    """The stages of `zimg.trace` over the region of one block, with given decisions."""

    block: Block
    decisions: Decisions
    parameters: Parameters
    report: Reporter
    seeds: int = 0
    levels: int = 0
    refused: Mask | None = None

    def uploaded(self, signal: NDArray[Any]) -> Array:
        """Move the signal to the framework and device of this worker."""
        device = device_of(self.parameters)
        return fastest(exported(signal, self.parameters.framework, device=device))

    def chains(self, signal: Array, earlier: Earlier | None = None) -> list[Chain]:
        """Trace the chains whose seeds lie in the core, in coordinates of the region."""
        trace_mask = np.zeros(signal.shape, np.uint8)
        if earlier is not None:
            rows = earlier.rows.copy()
            rows[:, POSITION] -= origin_of(self.block, self.parameters)
            label_trace(trace_mask, rows, self.parameters.z_to_xy)
        if isinstance(self.decisions, Ladder):
            return self._accurate(signal, trace_mask, self.decisions)
        return self._reference(signal, trace_mask, self.decisions)

    def _accurate(self, signal: Array, trace_mask: Mask, ladder: Ladder) -> list[Chain]:
        """One pass per level, from bright to dim; all share the trace mask.

        A block that is the whole volume decides from its chains where the ladder ends. For others
        this is decided over the chains of all blocks, see `zimg.blocked.passes`.
        """
        chains: list[Chain] = []
        self.refused = np.zeros_like(trace_mask)
        whole = self.block.core.shape == self.parameters.shape
        side = float(max(signal.shape[1:]))

        def worth(level: float) -> bool:
            traced = not whole or worth_tracing(
                level, chains, noise=ladder.sigma, longest_side=side
            )
            self.levels += traced
            return traced

        xp = array_namespace(signal)
        for mask in ladder.masks(signal, self.parameters.z_to_xy, worth):
            if not bool(to_host(xp.any(mask))):
                continue
            seeds = self._seeds(untraced(mask, marks_beside(trace_mask, mask)), trace_mask)
            chains += self._grown(signal, seeds, trace_mask, SHORTEST_ACCURATE)
        return chains

    def _reference(self, signal: Array, trace_mask: Mask, thresholds: Thresholds) -> list[Chain]:
        """One pass over the mask and one over the part that remains untraced."""
        found = thresholds.mask(signal, self.parameters.z_to_xy)
        mask = self._without_noise(found, thresholds.smallest)
        seeds = self._seeds(mask)
        if not len(seeds):
            return []
        base = np.zeros_like(trace_mask)
        chains = self._grown(signal, seeds, trace_mask, SHORTEST_CHAIN, base=base)
        if self.parameters.config.recover > 0:
            traced = marks_beside(traced_voxels(trace_mask, base), signal)
            left = leftover(signal, mask, traced)
            again = self._seeds(left, trace_mask)
            chains += self._grown(signal, again, trace_mask, SHORTEST_RECOVERED, apart=True)
        return chains

    def _seeds(self, mask: Array, trace_mask: Mask | None = None) -> Seeds:
        """Extract the seeds of a mask that lie in the core and outside traced voxels."""
        found = extract_seeds(mask, method=self.parameters.config.seedMethod)
        return self._owned(found if trace_mask is None else unmarked(found, trace_mask))

    def _grown(
        self,
        signal: Array,
        seeds: Seeds,
        trace_mask: Mask,
        shortest: float,
        *,
        base: Mask | None = None,
        apart: bool = False,
    ) -> list[Chain]:
        """Grow chains from seeds; the signal is packed to eight times its size meanwhile."""
        if not len(seeds):
            return []
        parameters, decisions = self.parameters, self.decisions
        exact = parameters.dtype == "float64"
        covered = np.zeros_like(trace_mask) if base is None else base
        with decisions.scorer(signal, parameters.z_to_xy, parameters.dtype) as scorer:
            run = Pass(
                scorer,
                parameters.config,
                trace_mask,
                exact,
                self.report,
                Clock(),
                window=None,
                part_at_forks=isinstance(decisions, Ladder),
                refused=self.refused,
            )
            chains = run.chains(seeds, shortest, base=covered, apart=apart)
            self.seeds += run.seeds
            return with_contrast(chains, scorer)

    def _owned(self, seeds: Seeds) -> Seeds:
        """Select the seeds whose voxel lies in the core."""
        offset = np.array(self.block.roi.low[::-1])
        low = np.array(self.block.core.low[::-1]) - offset
        high = np.array(self.block.core.high[::-1]) - offset
        if self.parameters.shape[0] <= 2:
            high[2] = 4  # planes were added around the volume
        points = seeds.points
        return seeds.chosen(np.all((points >= low) & (points < high), axis=1))

    def _without_noise(self, mask: Array, size: int) -> Array:
        """Remove objects that are too small, except those cut off by a border of the region."""
        if size == 0:
            return mask
        kept = remove_small(mask, size)
        hidden = [
            (axis, side)
            for axis in range(3)
            for side, (own, end) in enumerate(
                [
                    (self.block.roi.low[axis], 0),
                    (self.block.roi.high[axis], self.parameters.shape[axis]),
                ]
            )
            if own != end
        ]
        return _with_border_objects(mask, kept, hidden) if hidden else kept


def _with_border_objects(mask: Array, kept: Array, faces: list[tuple[int, int]]) -> Array:
    """Add to `kept` the objects of `mask` that touch given faces (axis; 0 low, 1 high)."""
    small = np.asarray(to_host(mask), np.bool_) & ~np.asarray(to_host(kept), np.bool_)
    if not small.any():
        return kept
    labels = to_host(components(like(small, mask)))
    touched = [np.unique(labels.take(-1 if far else 0, axis=axis)) for axis, far in faces]
    wanted = np.unique(np.concatenate(touched))
    again = np.isin(labels, wanted[wanted > 0])
    return like(np.asarray(to_host(kept), np.bool_) | again, mask)
