"""Path tests of connections (`spTest`) as tasks: workers read the boxes between chains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zimg._progress import Cancel
from zimg.blocked.block import Decisions
from zimg.blocked.ladder import Ladder
from zimg.blocked.plan import ZYX, Box
from zimg.blocked.records import Record
from zimg.blocked.source import Volume, checked_read
from zimg.blocked.stages import Work
from zimg.ops import sample_linear
from zimg.tracing.chains import Chain
from zimg.tracing.connect import BLIND_GAP, PathTest
from zimg.tracing.contacts import Contact, contacts
from zimg.tracing.segments import Rows
from zimg.tracing.signal import Index, Signal
from zimg.tracing.signal_path import SignalPath, bright_ends, signal_path

THIN = (1, 2)
"""Number of planes up to which reference and accurate mode pad a volume."""
SAMPLED = 64
"""Edge, in voxels, of the cells whose points are sampled from one box."""

PER_TASK = 64
"""Chains, or pairs of chains, per task."""

Pair = tuple[int, int]
Question = tuple[Chain, Rows, Chain, Contact]


@dataclass(frozen=True)
class SourceSignal(Signal):
    """Signal of a volume in its source: every access reads a box.

    Attributes
    ----------
    source
        Volume that is read.
    decisions
        Convert voxels to the signal.
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
        """Sample trilinearly at ``(n, 3)`` points of trace space; NaN on and outside the border."""
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
        """Read the half-open box from `low` to `high`, both z y x, as float64 on the host."""
        return self._box(low, high).astype(np.float64)

    @property
    def _added(self) -> int:
        """Number of planes added to a thin volume."""
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


@dataclass(frozen=True)
class KnownPaths(PathTest):
    """Known paths between stitched chains; chains that got a branch point are tested again.

    Attributes
    ----------
    chains
        Stitched chains.
    known
        Path of every tested pair of chains, hook and loop; None without a path.
    """

    chains: Sequence[Chain] = ()
    known: Mapping[Pair, SignalPath | None] = field(default_factory=dict)

    def path(
        self, hook: int, loop: int, chains: Sequence[Chain], near: Contact
    ) -> SignalPath | None:
        """Return the path from an end of one chain to another chain."""
        same = all(chains[n] is self.chains[n] for n in (hook, loop))
        if same and (hook, loop) in self.known:
            return self.known[hook, loop]
        return super().path(hook, loop, chains, near)


def path_test(
    work: Work, decisions: Decisions, chains: Sequence[Chain], reach: float
) -> KnownPaths:
    """Compute the path tests between stitched chains on workers."""
    volume, z_to_xy = work.volume, work.parameters.z_to_xy
    shared = (volume, decisions, z_to_xy)
    groups = [chains[n : n + PER_TASK] for n in range(0, len(chains), PER_TASK)]
    tasks: dict[str, tuple[Any, ...]] = {
        f"ends-{number:06d}": (*shared, group) for number, group in enumerate(groups)
    }
    ends = work.done("bright ends", "paths", ends_task, tasks)
    bright = np.concatenate([record.arrays["bright"] for record in ends.values()])
    tested = {
        pair: near
        for pair, near in contacts(chains, reach).items()
        if near is not None and BLIND_GAP < near.distance <= reach
    }
    pairs = list(tested)
    questions = {
        f"{number:06d}": (
            *shared,
            [(chains[h], bright[h], chains[p], tested[h, p]) for h, p in pairs[first:][:PER_TASK]],
        )
        for number, first in enumerate(range(0, len(pairs), PER_TASK))
    }
    answers = work.done("path tests", "paths", paths_task, questions)
    found = [path for record in answers.values() for path in _paths(record)]
    signal = SourceSignal(None, z_to_xy, volume, decisions)
    return KnownPaths(signal, bright, chains, dict(zip(pairs, found, strict=True)))


def ends_task(
    volume: Volume,
    decisions: Decisions,
    z_to_xy: float,
    chains: Sequence[Chain],
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: bright ends of a group of chains."""
    del cancel
    signal = SourceSignal(None, z_to_xy, volume, decisions)
    return Record({"bright": bright_ends(chains, signal)})


def paths_task(
    volume: Volume,
    decisions: Decisions,
    z_to_xy: float,
    questions: Sequence[Question],
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: paths between pairs of chains."""
    del cancel
    signal = SourceSignal(None, z_to_xy, volume, decisions)
    found = [signal_path(*question, signal) for question in questions]
    nowhere = np.full(3, np.nan)
    ways = [p.orientation if p and p.orientation is not None else nowhere for p in found]
    return Record(
        {
            "found": np.array([path is not None for path in found], np.bool_),
            "length": np.array([path.length if path else 0.0 for path in found], np.float64),
            "orientation": np.array(ways, np.float64).reshape(-1, 3),
        }
    )


def _paths(record: Record) -> list[SignalPath | None]:
    columns = (record.arrays[name] for name in ("found", "length", "orientation"))
    return [
        SignalPath(float(length), None if np.isnan(way[0]) else way) if found else None
        for found, length, way in zip(*columns, strict=True)
    ]
