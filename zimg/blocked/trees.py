"""Trees of the stitched chains: connections, cell bodies, coordinates of the image."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np

from zimg._progress import Cancel
from zimg.blocked.block import without_signal
from zimg.blocked.ladder import Ladder
from zimg.blocked.parameters import Parameters, origin_of
from zimg.blocked.pieces import limits
from zimg.blocked.plan import Block
from zimg.blocked.records import Record
from zimg.blocked.source import Volume, checked_read
from zimg.blocked.strands import Link
from zimg.swc import ZSwc
from zimg.swc.cleaning import clean, remove_orphans, resample_optimal
from zimg.tracing.chain_graph import chain_graph
from zimg.tracing.chains import Chain
from zimg.tracing.config import TraceConfig
from zimg.tracing.connect import Connection, PathTest
from zimg.tracing.contacts import HEAD, TAIL
from zimg.tracing.crossings import resolved
from zimg.tracing.forest import spanning_forest
from zimg.tracing.screen import screen_chains
from zimg.tracing.soma import Soma, find_somata
from zimg.tracing.structure import MOST_PATH_TESTED
from zimg.tracing.tips import with_cut_tips

Orphan = Literal["reference"] | float | None


def build_tree(
    chains: Sequence[Chain],
    links: Sequence[Link],
    *,
    paths: Callable[[Sequence[Chain]], PathTest],
    config: TraceConfig,
    z_to_xy: float,
    resample: bool,
    orphan: Orphan = None,
    most_path_tests: int = MOST_PATH_TESTED,
) -> ZSwc:
    """Join chains into trees and clean these, as `zimg.tracing.structure.build_tree` does.

    Parameters
    ----------
    chains, links
        Chains and links of the stitched volume; links are used unless they close a cycle.
    paths
        Creates the path test of chains, if the configuration requires it.
    config, z_to_xy
        Configuration and z:xy ratio of the blocks.
    resample
        Whether nodes that do not add to the shape are removed.
    orphan
        As of `zimg.swc.cleaning.remove_orphans`.
    most_path_tests
        With more chains, connections depend on distance only.
    """
    kept = screen_chains(chains, config.chainScreenCount)
    place = {id(chain): number for number, chain in enumerate(kept)}
    tested = paths(kept) if config.spTest and 0 < len(kept) <= most_path_tests else None
    grown, connections = chain_graph(kept, reach=config.maxEucDist, paths=tested)
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
    """Convert a link to a connection of cost 0."""
    end = HEAD if link.end == 0 else TAIL
    return Connection(hook, loop, end, False, 0, link.position, 0.0, 0.0, 0.0)


APART = 2.0
"""Somata closer than this many radii of the larger one are the same."""


def somata_task(
    volume: Volume,
    block: Block,
    ladder: Ladder,
    parameters: Parameters,
    neurite_radius: float,
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: find cell bodies whose centre lies in the core of a block."""
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
    """Collect the cell bodies of all blocks, the largest first."""
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


def in_image_voxels(tree: ZSwc, volume: Volume) -> ZSwc:
    """Scale the tree of a reduced or padded volume to voxels of the image."""
    rx, ry, rz = volume.factors
    flat = volume.shape[0] == 1
    scale = (float(rx), float(ry), 0.0 if flat else float(rz))
    if scale == (1.0, 1.0, 1.0):
        return tree
    return tree.scaled(scale, radius=float(np.sqrt(rx * ry)))


def planes_of(volume: Volume) -> int:
    """Planes of the image before downsampling."""
    stated = getattr(volume, "planes", None)
    return int(stated) if stated is not None else volume.shape[0] * volume.factors[2]
