"""Cell bodies of a volume, each found by the block in whose core it lies."""

from collections.abc import Mapping, Sequence

import numpy as np

from zimg._progress import Cancel
from zimg.blocked.block import Parameters, origin_of, without_signal
from zimg.blocked.ladder import Ladder
from zimg.blocked.pieces import limits
from zimg.blocked.plan import Block
from zimg.blocked.records import Record
from zimg.blocked.source import Volume, checked_read
from zimg.tracing.soma import Soma, find_somata

APART = 2.0
"""Somata nearer than so many radii of the larger one are the same."""


def somata_task(
    volume: Volume,
    block: Block,
    ladder: Ladder,
    parameters: Parameters,
    neurite_radius: float,
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: cell bodies whose centre lies in the core of a block."""
    del cancel
    found = []
    empty = without_signal(volume, block.roi, ladder)
    signal = None if empty else ladder.signal(checked_read(volume, block.roi))
    if signal is not None and signal.max() > ladder.top / 2.0:
        found = find_somata(
            signal,
            top=ladder.top,
            neurite_radius=neurite_radius,
            z_to_xy=parameters.z_to_xy,
        )
    points = np.array([soma.position for soma in found]).reshape(-1, 3)
    points += origin_of(block, parameters)
    low, high = limits(block.core, parameters.shape, parameters.z_to_xy)
    own = np.all((points >= low) & (points < high), axis=1)
    radius = np.array([soma.radius for soma in found], np.float64)
    return Record({"position": points[own], "radius": radius[own]})


def somata_of(records: Mapping[str, Record]) -> list[Soma]:
    """Cell bodies of all blocks, the largest first."""
    if len(records) == 1:
        return _somata(next(iter(records.values())))
    found = sorted(
        (soma for record in records.values() for soma in _somata(record)),
        key=lambda soma: (-soma.radius, *soma.position.tolist()),
    )
    kept: list[Soma] = []
    for soma in found:
        if all(_apart(soma, other) for other in kept):
            kept.append(soma)
    return kept


def _apart(soma: Soma, larger: Soma) -> bool:
    distance = float(np.linalg.norm(soma.position - larger.position))
    return distance > APART * larger.radius


def _somata(record: Record) -> list[Soma]:
    pairs: Sequence[tuple[object, ...]] = list(
        zip(record.arrays["position"], record.arrays["radius"].tolist(), strict=True)
    )
    return [Soma(position, radius) for position, radius in pairs]  # type: ignore[arg-type]
