"""Path tests of connections (`spTest`) as tasks: workers read the boxes between chains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zimg._progress import Cancel
from zimg.blocked.block import Decisions
from zimg.blocked.records import Record
from zimg.blocked.source import Volume
from zimg.blocked.source_signal import SourceSignal
from zimg.blocked.stages import Work
from zimg.tracing.chains import Chain
from zimg.tracing.connect import BLIND_GAP, PathTest
from zimg.tracing.contacts import Contact, contacts
from zimg.tracing.segments import Rows
from zimg.tracing.signal_path import SignalPath, bright_ends, signal_path

PER_TASK = 64
"""Chains, or pairs of chains, of one task."""

Pair = tuple[int, int]
Question = tuple[Chain, Rows, Chain, Contact]


@dataclass(frozen=True)
class KnownPaths(PathTest):
    """Answers for chains as they were stitched; one that got a branch point is asked for again.

    Attributes
    ----------
    chains
        As they were stitched.
    known
        The path of every pair of them, hook and loop, that has to be tested; None for no path.
    """

    chains: Sequence[Chain] = ()
    known: Mapping[Pair, SignalPath | None] = field(default_factory=dict)

    def path(
        self, hook: int, loop: int, chains: Sequence[Chain], near: Contact
    ) -> SignalPath | None:
        """The path from an end of one chain to another."""
        same = all(chains[n] is self.chains[n] for n in (hook, loop))
        if same and (hook, loop) in self.known:
            return self.known[hook, loop]
        return super().path(hook, loop, chains, near)


def path_test(
    work: Work, decisions: Decisions, chains: Sequence[Chain], reach: float
) -> KnownPaths:
    """What the graph of stitched chains needs to know of the signal, found by workers."""
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
    """Task: bright ends of some chains."""
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
    """Task: paths between some pairs of chains."""
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
