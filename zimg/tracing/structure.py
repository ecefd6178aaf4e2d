"""From chains to a tree: screen, connect, span, clean, resample, remove orphans."""

from collections.abc import Sequence

from zimg.swc.cleaning import clean, remove_orphans, resample_optimal
from zimg.swc.forest import Forest
from zimg.swc.tree import ZSwc
from zimg.tracing.chain_graph import chain_graph
from zimg.tracing.chains import Chain
from zimg.tracing.config import TraceConfig
from zimg.tracing.crossings import resolved
from zimg.tracing.forest import spanning_forest
from zimg.tracing.screen import screen_chains
from zimg.tracing.signal import Signal
from zimg.tracing.tips import with_cut_tips

MOST_PATH_TESTED = 500
"""With more chains than this, connections go by distance alone (behaviour of the reference)."""


def connect_chains(
    chains: Sequence[Chain],
    *,
    config: TraceConfig,
    signal: Signal | None = None,
    z_to_xy: float = 1.0,
) -> Forest:
    """Join chains where an end of one comes near another.

    Parameters
    ----------
    chains
        Chains in trace space, in order of creation, which decides ties.
    config
        `chainScreenCount`, `spTest`, `maxEucDist` and `crossoverTest` are used.
    signal
        The image; needed for the path test only.
    z_to_xy
        Size of a voxel in z in units of its size in xy.

    Returns
    -------
    Forest
        Nodes in image space, radii in xy voxels; empty if there are no chains.
    """
    kept = screen_chains(chains, config.chainScreenCount)
    tested = signal if config.spTest and len(kept) <= MOST_PATH_TESTED else None
    grown, connections = chain_graph(kept, reach=config.maxEucDist, signal=tested)
    if config.crossoverTest:
        connections = resolved(grown, connections)
    cut = with_cut_tips(grown, connections)
    return spanning_forest(cut, connections, z_to_xy=z_to_xy)


def build_tree(
    chains: Sequence[Chain],
    *,
    config: TraceConfig,
    signal: Signal | None = None,
    z_to_xy: float = 1.0,
    resample: bool = True,
) -> ZSwc:
    """Join chains into trees and tidy these up.

    Parameters
    ----------
    chains, config, signal, z_to_xy
        As for `connect_chains`.
    resample
        Merge nodes that their neighbours stand for.

    Returns
    -------
    ZSwc
        Nodes in image space, in voxels of the image that was traced, radii in xy voxels; ids from
        1 in depth-first order. With 10 trees or more, those shorter than the mean are gone
        (behaviour of the reference).
    """
    forest = connect_chains(chains, config=config, signal=signal, z_to_xy=z_to_xy)
    clean(forest)
    if resample:
        resample_optimal(forest)
    remove_orphans(forest)
    return forest.to_swc()
