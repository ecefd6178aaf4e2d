"""From stitched chains to the tree of the volume."""

from collections.abc import Callable, Sequence
from typing import Literal

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
    """Join chains into trees and tidy these up, as `zimg.tracing.structure.build_tree`.

    Parameters
    ----------
    chains, links
        Of the stitched volume; links are taken unless they close a cycle.
    paths
        Makes the path test of chains, where the configuration asks for it.
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
    """A link as a connection that costs nothing."""
    end = HEAD if link.end == 0 else TAIL
    return Connection(hook, loop, end, False, 0, link.position, 0.0, 0.0, 0.0)
