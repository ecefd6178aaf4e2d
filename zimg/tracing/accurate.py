"""Accurate tracing: several passes at falling thresholds, then selection of chains and trees.

The passes share one trace mask, so each branch is seeded at a threshold at which it is thin.
Limits are expressed in units of the image noise and need no adjustment for an image.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from zimg._dispatch import array_namespace
from zimg._progress import Reporter
from zimg._typing import Array, Namespace
from zimg.kernels.components import remove_small
from zimg.kernels.morphology import neighbourhood
from zimg.kernels.tubular import tubular
from zimg.ops import fastest, for_voxels, in_slabs, jit, to_host
from zimg.swc import ZSwc
from zimg.swc.cleaning import clean, resample_optimal
from zimg.tracing import preprocess
from zimg.tracing.brightness import Prepared, prepared, thick
from zimg.tracing.chains import Chain
from zimg.tracing.config import TraceConfig
from zimg.tracing.contrast import ContrastScorer, screened, with_contrast, worth_tracing
from zimg.tracing.findings import describe_noise, describe_screening, warnings_of
from zimg.tracing.labels import label_trace
from zimg.tracing.ladder import separating, spread, thresholds, top_value
from zimg.tracing.leftover import SMALLEST_OBJECT
from zimg.tracing.marks import marks_beside
from zimg.tracing.mask import foreground
from zimg.tracing.noise import Noise, measure_noise
from zimg.tracing.pipeline import Clock, Pass, TraceReport
from zimg.tracing.seeds import extract_seeds, unmarked
from zimg.tracing.segments import geometric_radius
from zimg.tracing.signal import Signal
from zimg.tracing.soma import find_somata
from zimg.tracing.soma_nodes import SOMA_TYPE, with_somata
from zimg.tracing.structure import connect_chains
from zimg.tracing.trees import chosen_trees

SHORTEST_CHAIN = 20.0
"""Least length of a chain that meets no other, in voxels; screening then drops less."""

LEAST_CONTRAST = 3.0
"""Smallest difference between the signal in a segment and around it, in units of the noise."""


@dataclass(frozen=True)
class AccurateOptions:
    """Options of accurate tracing.

    Attributes
    ----------
    clutter
        ``"split"`` removes dim chains if there are many of them and a bright neuron; ``"keep"``
        retains them.
    trees
        ``"relative"``, ``"all"`` or ``"single"``, see `zimg.tracing.trees.chosen_trees`.
    soma
        Whether a cell body becomes one node.
    invert
        Whether neurites are darker than the background.
    """

    clutter: str = "split"
    trees: str = "relative"
    soma: bool = True
    invert: bool = False


DEFAULTS = AccurateOptions()


def run_accurate(
    volume: Array,
    *,
    z_to_xy: float = 1.0,
    downsample_ratio: tuple[int, int, int] = (1, 1, 1),
    config: TraceConfig,
    options: AccurateOptions = DEFAULTS,
    resample: bool = True,
    dtype: str = "float32",
    report: Reporter,
    window: int | None = None,
) -> TraceReport:
    """Trace a ``(Z, Y, X)`` signal; arguments as for `zimg.tracing.pipeline.run_trace`."""
    preprocess.check_signal(volume)
    given = fastest(volume)
    volume = for_voxels(given)
    clock = Clock()
    report.stage("preprocess")
    reduced, _ = thick(preprocess.downsample(volume, downsample_ratio))
    image = prepared(reduced, invert=options.invert)
    noise = measure_noise(image.image, image.signal, unit=image.unit, counts=image.counts)
    details = describe_noise(noise, unit=image.unit)
    clock.mark("preprocess")
    if image.top <= 0.0:
        return _reported(TraceReport(ZSwc(), 0, 0, clock.seconds, details))
    with ContrastScorer(image.signal, z_to_xy=z_to_xy, dtype=dtype, beside=given) as scorer:
        scorer.least_contrast = LEAST_CONTRAST * noise.sigma
        trace_mask = np.zeros(image.signal.shape, np.uint8)
        exact = dtype == "float64"
        run = Pass(scorer, config, trace_mask, exact, report, clock, window, part_at_forks=True)
        run.refused = np.zeros_like(trace_mask)
        chains = _passes(run, image, noise, details)
    screening = screened(
        chains,
        noise=noise.sigma,
        longest_side=float(max(image.signal.shape[1:])),
        clutter=options.clutter,
    )
    kept = [chain for chain, keep in zip(chains, screening.keep.tolist(), strict=True) if keep]
    details |= {"chains_grown": len(chains), "chains_kept": len(kept)}
    details |= describe_screening(screening, unit=image.unit)
    report.stage("build tree")
    tree = _tree(kept, image, config, options, details, z_to_xy=z_to_xy, resample=resample)
    details["share_traced"] = _share_traced(kept, tree, image, details["levels"][0], z_to_xy)
    details["levels"] = [level / image.unit for level in details["levels"]]
    clock.mark("build tree")
    tree = in_input_voxels(tree, downsample_ratio, planes=volume.shape[0])
    return _reported(TraceReport(tree, run.seeds, len(kept), clock.seconds, details))


def _reported(result: TraceReport) -> TraceReport:
    """`result` with its warnings."""
    result.warnings += warnings_of(result.details, nodes=len(result.tree))
    return result


def _passes(run: Pass, image: Prepared, noise: Noise, details: dict[str, Any]) -> list[Chain]:
    """Chains of all thresholds in order of creation, with their contrast."""
    steps = thresholds(image.top, noise.sigma, step=image.step)
    levels = separating(image.signal, steps, image.signal_counts)
    details["levels"] = []
    chains: list[Chain] = []
    side = float(max(image.signal.shape[1:]))
    for level in levels:
        if not worth_tracing(level, chains, noise=noise.sigma, longest_side=side):
            break
        details["levels"].append(level)
        chains += _one_pass(run, foreground(image.signal, level))
    if run.config.enhanceMask:
        answer = tubular(image.signal, z_to_xy=run.scorer.layout.z_to_xy)
        for level in separating(answer, thresholds(top_value(answer), spread(answer), step=0.0)):
            chains += _one_pass(run, foreground(answer, level))
    return chains


def _one_pass(run: Pass, mask: Array) -> list[Chain]:
    """Chains seeded in the untraced part of a mask."""
    run.report.stage("find seeds")
    left = untraced(mask, marks_beside(run.trace_mask, mask))
    found = extract_seeds(left, method=run.config.seedMethod)
    seeds = unmarked(found, run.trace_mask)
    run.clock.mark("find seeds")
    if not len(seeds):
        return []
    chains = run.chains(seeds, SHORTEST_CHAIN, base=np.zeros_like(run.trace_mask))
    return with_contrast(chains, run.scorer)


def _share_traced(
    chains: Sequence[Chain], tree: ZSwc, image: Prepared, level: float, z_to_xy: float
) -> float:
    """Share of the voxels above the first level that chains and the somata of the tree cover."""
    xp = array_namespace(image.signal)
    bright = foreground(image.signal, level)
    covered = np.zeros(image.signal.shape, np.uint8)
    for chain in chains:
        label_trace(covered, chain.segments, z_to_xy)
    bodies = np.flatnonzero(tree.type == SOMA_TYPE)
    somata = ZSwc.from_arrays(tree.xyz[bodies], tree.radius[bodies], np.full(len(bodies), -1))
    covered |= np.asarray(somata.rasterize(covered.shape, spacing=(1.0, 1.0, z_to_xy)), np.uint8)
    covering = marks_beside(covered, image.signal)
    counts = to_host(jit(_both_and_first, xp=xp)(bright, covering, xp=xp))
    return float(counts[0] / counts[1]) if counts[1] else 0.0


def _both_and_first(first: Array, second: Array, *, xp: Namespace) -> Array:
    """Number of voxels in both masks, and in the first one."""
    return xp.stack([xp.count_nonzero(first & second), xp.count_nonzero(first)])


def untraced(mask: Array, traced: Array) -> Array:
    """Objects of a mask outside the traced voxels and their neighbours."""
    xp = array_namespace(mask)
    away = partial(jit(_away_from, xp=xp), xp=xp)
    return remove_small(in_slabs(away, mask, traced, reach=1, xp=xp), SMALLEST_OBJECT)


def _away_from(mask: Array, traced: Array, *, xp: Namespace) -> Array:
    return mask & ~neighbourhood(traced, xp.logical_or, connectivity=6, xp=xp)


def _tree(
    chains: Sequence[Chain],
    image: Prepared,
    config: TraceConfig,
    options: AccurateOptions,
    details: dict[str, Any],
    *,
    z_to_xy: float,
    resample: bool,
) -> ZSwc:
    """Selected trees of the chains, with somata as nodes."""
    if not chains:
        return ZSwc()
    forest = connect_chains(
        chains, config=config, signal=Signal(image.signal, z_to_xy), z_to_xy=z_to_xy
    )
    clean(forest)
    if resample:
        resample_optimal(forest)
    tree = forest.to_swc()
    if options.soma:
        tree, details["somata"] = _with_somata(tree, chains, image, z_to_xy)
    chosen = chosen_trees(tree, options.trees, z_to_xy=z_to_xy)
    spacing = (1.0, 1.0, z_to_xy)
    details |= {"trees_found": len(tree.roots), "trees_kept": len(chosen.roots)}
    details["length_of_trees_left_out"] = tree.total_length(spacing) - chosen.total_length(spacing)
    return chosen


def _with_somata(
    tree: ZSwc, chains: Sequence[Chain], image: Prepared, z_to_xy: float
) -> tuple[ZSwc, int]:
    """The trees with the cell bodies of the image as nodes, and the number of these."""
    radii = geometric_radius(np.concatenate([chain.segments for chain in chains]))
    typical = float(np.median(radii))
    somata = find_somata(
        image.signal,
        top=image.top,
        neurite_radius=typical,
        z_to_xy=z_to_xy,
        counts=image.signal_counts,
    )
    return with_somata(tree, somata, z_to_xy=z_to_xy)


def in_input_voxels(tree: ZSwc, ratio: tuple[int, int, int], *, planes: int) -> ZSwc:
    """The tree of a reduced or thickened volume in the voxels of the input."""
    rx, ry, rz = ratio
    reduced_planes = -(-planes // rz)
    if reduced_planes == 2:
        tree = tree.translated((0.0, 0.0, -1.0))
    single = reduced_planes == 1
    scale = (float(rx), float(ry), 0.0 if single else float(rz))
    tree = tree.scaled(scale, radius=float(np.sqrt(rx * ry)))
    depth = (planes - 1) / 2.0 if single else (rz - 1) / 2.0
    return tree.translated(((rx - 1) / 2.0, (ry - 1) / 2.0, depth))
