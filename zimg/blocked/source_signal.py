"""The signal of a volume that stays where it is, read box by box."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from zimg.blocked.block import Decisions
from zimg.blocked.ladder import Ladder
from zimg.blocked.plan import ZYX, Box
from zimg.blocked.source import Volume, checked_read
from zimg.ops import sample_linear
from zimg.tracing.segments import Rows
from zimg.tracing.signal import Index, Signal


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
