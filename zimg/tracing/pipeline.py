"""The stages of automatic tracing in order: from one channel's signal to a tree."""

from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np

from zimg._dispatch import array_namespace
from zimg._progress import Reporter
from zimg._typing import Array
from zimg.kernels.tubular import tubular
from zimg.ops import fastest, for_voxels
from zimg.swc import ZSwc
from zimg.tracing import preprocess
from zimg.tracing.chains import Chain
from zimg.tracing.config import TraceConfig, check_config
from zimg.tracing.grow import GrowthOptions, grow_chains
from zimg.tracing.labels import Mask
from zimg.tracing.leftover import leftover, traced_voxels
from zimg.tracing.marks import marks_beside
from zimg.tracing.mask import make_mask
from zimg.tracing.refit import continuations, without_overlap_of_seed
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.seed_scores import ScoredSeeds, commit, score_seeds, score_unrefused
from zimg.tracing.seeds import Seeds, extract_seeds, remove_noise, unmarked
from zimg.tracing.signal import Signal
from zimg.tracing.structure import build_tree

SHORTEST_CHAIN = 27.5
SHORTEST_RECOVERED = 19.0
SHORTEST_REFITTED = 14.0
"""Least lengths of chains that meet no other, in voxels (behaviour of the reference)."""

PLANES = 3
"""A single plane is repeated this often, or no seed could lie off the outermost layer."""


@dataclass
class TraceReport:
    """A tree and a report of its tracing.

    Attributes
    ----------
    tree
        Nodes in voxels of the input, x y z; the radius in voxels of x and y.
    seeds, chains
        Numbers of seeds that were scored and of chains that were kept, recovery included.
    stage_seconds
        Wall time of each stage.
    details
        Findings of accurate tracing by name; empty in reference mode.
    warnings
        Messages for the user if the result is empty or covers little.
    """

    tree: ZSwc
    seeds: int = 0
    chains: int = 0
    stage_seconds: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass
class Clock:
    """Wall time since the last mark, by stage."""

    seconds: dict[str, float] = field(default_factory=dict)
    last: float = field(default_factory=perf_counter)

    def mark(self, stage: str) -> None:
        """Add the time since the last mark to that of `stage`."""
        now = perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self.last
        self.last = now


def run_trace(
    volume: Array,
    *,
    z_to_xy: float = 1.0,
    downsample_ratio: tuple[int, int, int] = (1, 1, 1),
    config: TraceConfig,
    resample: bool = True,
    dtype: str = "float32",
    report: Reporter,
    window: int | None = None,
) -> TraceReport:
    """Trace a ``(Z, Y, X)`` signal on the framework and device that hold it.

    Parameters
    ----------
    z_to_xy
        Size of a voxel in z divided by its size in x and y, *after* downsampling.
    downsample_ratio
        Integer reduction (x, y, z) before tracing; the tree is scaled back.
    config
        Options, checked to be supported.
    resample
        Whether nodes that are not needed for the shape are removed.
    dtype
        Precision of the kernels, ``"float32"`` or ``"float64"``; the latter also compares all
        orientations of every seed.
    window
        Seeds that grow together; changes speed only. None suits the device.
    """
    check_config(config)
    preprocess.check_signal(volume)
    given = fastest(volume)
    volume = for_voxels(given)
    clock = Clock()
    report.stage("preprocess")
    reduced = preprocess.downsample(volume, downsample_ratio)
    signal, _ = preprocess.subtract_background(_thick(reduced))
    flat = volume.shape[0] == 1
    mask = _mask(signal, config, z_to_xy)
    seeds = None if mask is None else extract_seeds(mask, method=config.seedMethod)
    if mask is None or seeds is None or not len(seeds):
        clock.mark("preprocess")
        return TraceReport(ZSwc(), stage_seconds=clock.seconds)
    mask, seeds = remove_noise(mask, seeds)
    clock.mark("preprocess")
    base, trace_mask = (np.zeros(signal.shape, np.uint8) for _ in range(2))
    with TubeScorer(signal, z_to_xy=z_to_xy, dtype=dtype, beside=given) as scorer:
        run = Pass(scorer, config, trace_mask, dtype == "float64", report, clock, window)
        chains = run.chains(seeds, SHORTEST_CHAIN, base=base)
        if config.recover > 0:
            chains += _recovered(run, signal, mask, base)
    report.stage("build tree")
    tree = build_tree(
        chains, config=config, signal=Signal(signal, z_to_xy), z_to_xy=z_to_xy, resample=resample
    )
    clock.mark("build tree")
    tree = _in_input_voxels(tree, downsample_ratio, flat=flat)
    return TraceReport(tree, run.seeds, len(chains), clock.seconds)


@dataclass
class Pass:
    """The common state of all passes over a signal; `chains` performs one pass.

    Attributes
    ----------
    trace_mask
        ``(Z, Y, X)`` uint8 on the host, shared by all passes; not 0 where a chain is.
    exact
        Whether all orientations of every seed are compared in full.
    part_at_forks
        Whether chains are cut back where they grew between the branches of a fork.
    refused
        ``(Z, Y, X)`` uint8 on the host, shared by all passes: where segments were fitted to seeds
        and refused. Seeds there are not fitted again; None fits all seeds.
    seeds
        How many have been scored.
    """

    scorer: TubeScorer
    config: TraceConfig
    trace_mask: Mask
    exact: bool
    report: Reporter
    clock: Clock
    window: int | None
    part_at_forks: bool = False
    refused: Mask | None = None
    seeds: int = 0

    def chains(
        self, seeds: Seeds, min_length: float, *, base: Mask, apart: bool = False
    ) -> list[Chain]:
        """Score, commit and grow seeds.

        Parameters
        ----------
        seeds
            Off what is traced already.
        min_length
            Least length of a chain that meets no other, in voxels.
        base
            ``(Z, Y, X)`` uint8 on the host; the voxels that committed seeds cover are marked in it.
        apart
            Whether a seed whose segment meets what is traced already is dropped.
        """
        scored, seeds = self._scored(seeds)
        self.seeds += len(seeds)
        committed = commit(
            scored,
            seeds.points,
            base,
            z_to_xy=self.scorer.layout.z_to_xy,
            strong=self.config.minSeedScore,
            trace_mask=self.trace_mask if apart else None,
        )
        self.clock.mark("score seeds")
        config = self.config
        options = GrowthOptions(config.minAutoScore, min_length, config.tuneEnd, self.part_at_forks)
        chains = self._grown(committed, options)
        if self.config.refit:
            chains += self._refitted(chains, options)
        self.clock.mark("grow chains")
        return chains

    def _scored(self, seeds: Seeds) -> tuple[ScoredSeeds, Seeds]:
        """Fitted segments of seeds, and the seeds that were fitted."""
        how: dict[str, Any] = {"exact": self.exact, "report": self.report}
        if self.refused is None:
            return score_seeds(self.scorer, seeds.points, seeds.value, **how), seeds
        least = self.config.minAutoScore
        return score_unrefused(self.scorer, seeds, self.refused, least=least, **how)

    def _grown(self, seeds: ScoredSeeds, options: GrowthOptions) -> list[Chain]:
        return grow_chains(
            self.scorer, seeds, self.trace_mask, options, report=self.report, window=self.window
        )

    def _refitted(self, chains: list[Chain], options: GrowthOptions) -> list[Chain]:
        """Chains that continue others where these stopped."""
        seeds = continuations(self.scorer, chains, min_score=options.min_score, report=self.report)
        shorter = replace(options, min_length=min(options.min_length, SHORTEST_REFITTED))
        return [without_overlap_of_seed(chain) for chain in self._grown(seeds, shorter)]


def _mask(signal: Array, config: TraceConfig, z_to_xy: float) -> Array | None:
    """Foreground of a signal, with that of its tubes where these are enhanced."""
    mask = make_mask(signal)
    if not config.enhanceMask:
        return mask
    enhanced = make_mask(tubular(signal, z_to_xy=z_to_xy))
    if mask is None or enhanced is None:
        return enhanced if mask is None else mask
    return mask | enhanced


def _recovered(run: Pass, signal: Array, mask: Array, base: Mask) -> list[Chain]:
    """Chains grown from the part of the mask that the first pass did not cover."""
    run.report.stage("recover")
    traced = marks_beside(traced_voxels(run.trace_mask, base), signal)
    left = leftover(signal, mask, traced)
    seeds = unmarked(extract_seeds(left, method=run.config.seedMethod), run.trace_mask)
    run.clock.mark("recover")
    if not len(seeds):
        return []
    return run.chains(seeds, SHORTEST_RECOVERED, base=np.zeros_like(base), apart=True)


def _thick(volume: Array) -> Array:
    """`volume`, a single plane repeated."""
    if volume.shape[0] > 1:
        return volume
    xp = array_namespace(volume)
    return xp.concat([volume] * PLANES, axis=0)


def _in_input_voxels(tree: ZSwc, ratio: tuple[int, int, int], *, flat: bool) -> ZSwc:
    """The tree of a reduced or repeated volume in the voxels of the input."""
    rx, ry, rz = ratio
    scale = (float(rx), float(ry), 0.0 if flat else float(rz))
    if scale == (1.0, 1.0, 1.0):
        return tree
    return tree.scaled(scale, radius=float(np.sqrt(rx * ry)))
