"""The stages of automatic tracing in order: from one channel's signal to a tree."""

from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from zimg._dispatch import array_namespace
from zimg._progress import Reporter
from zimg._typing import Array
from zimg.ops import fastest, like
from zimg.swc import ZSwc
from zimg.tracing import preprocess
from zimg.tracing.chains import Chain
from zimg.tracing.config import TraceConfig, check_supported
from zimg.tracing.grow import GrowthOptions, grow_chains
from zimg.tracing.labels import Mask
from zimg.tracing.leftover import leftover
from zimg.tracing.mask import make_mask
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.seed_scores import ScoredSeeds, commit, score_seeds
from zimg.tracing.seeds import Seeds, extract_seeds, remove_noise, unmarked
from zimg.tracing.signal import Signal
from zimg.tracing.structure import build_tree

SHORTEST_CHAIN = 27.5
SHORTEST_RECOVERED = 19.0
"""Least lengths of chains that meet no other, in voxels (behaviour of the reference)."""

PLANES = 3
"""A single plane is repeated this often, or no seed could lie off the outermost layer."""


@dataclass
class TraceReport:
    """A tree, and how it came about.

    Attributes
    ----------
    tree
        Nodes in voxels of the input, x y z; the radius in voxels of x and y.
    seeds, chains
        Numbers of seeds that were scored and of chains that were kept, recovery included.
    stage_seconds
        Wall time of each stage.
    """

    tree: ZSwc
    seeds: int = 0
    chains: int = 0
    stage_seconds: dict[str, float] = field(default_factory=dict)


@dataclass
class _Clock:
    """Wall time since the last mark, by stage."""

    seconds: dict[str, float] = field(default_factory=dict)
    last: float = field(default_factory=perf_counter)

    def mark(self, stage: str) -> None:
        now = perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self.last
        self.last = now


@dataclass
class _Masks:
    """Host masks that the passes of one trace share: covered by seeds, claimed by chains."""

    base: Mask
    trace: Mask


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
        Whether nodes that add nothing to the shape are removed.
    dtype
        Precision of the kernels, ``"float32"`` or ``"float64"``; the latter also compares all
        orientations of every seed.
    window
        Seeds that grow together; changes speed only. None suits the device.
    """
    check_supported(config)
    preprocess.check_signal(volume)
    volume = fastest(volume)
    clock = _Clock()
    report.stage("preprocess")
    reduced = preprocess.downsample(volume, downsample_ratio)
    signal, _ = preprocess.subtract_background(_thick(reduced))
    flat = volume.shape[0] == 1
    mask = make_mask(signal)
    seeds = extract_seeds(mask) if mask is not None else None
    if mask is None or seeds is None or not len(seeds):
        clock.mark("preprocess")
        return TraceReport(ZSwc(), stage_seconds=clock.seconds)
    mask, seeds = remove_noise(mask, seeds)
    clock.mark("preprocess")
    masks = _Masks(np.zeros(signal.shape, np.uint8), np.zeros(signal.shape, np.uint8))
    with TubeScorer(signal, z_to_xy=z_to_xy, dtype=dtype) as scorer:
        run = _Pass(scorer, config, masks, dtype == "float64", report, clock, window)
        chains = run.chains(seeds, SHORTEST_CHAIN)
        if config.recover > 0:
            chains += _recovered(run, signal, mask)
    report.stage("build tree")
    tree = build_tree(
        chains, config=config, signal=Signal(signal, z_to_xy), z_to_xy=z_to_xy, resample=resample
    )
    clock.mark("build tree")
    tree = _in_input_voxels(tree, downsample_ratio, flat=flat)
    return TraceReport(tree, run.seeds, len(chains), clock.seconds)


@dataclass
class _Pass:
    """What every pass over the signal needs; `chains` is one pass."""

    scorer: TubeScorer
    config: TraceConfig
    masks: _Masks
    exact: bool
    report: Reporter
    clock: _Clock
    window: int | None
    seeds: int = 0

    def chains(self, seeds: Seeds, min_length: float, *, again: bool = False) -> list[Chain]:
        """Score, commit and grow seeds; `again` keeps them away from what earlier passes traced."""
        self.seeds += len(seeds)
        scored = self.committed(seeds, again=again)
        self.clock.mark("score seeds")
        options = GrowthOptions(self.config.minAutoScore, min_length, self.config.tuneEnd)
        chains = grow_chains(
            self.scorer, scored, self.masks.trace, options, report=self.report, window=self.window
        )
        self.clock.mark("grow chains")
        return chains

    def committed(self, seeds: Seeds, *, again: bool) -> ScoredSeeds:
        """Fitted seeds that do not overlap, best first."""
        scored = score_seeds(
            self.scorer, seeds.points, seeds.value, exact=self.exact, report=self.report
        )
        return commit(
            scored,
            seeds.points,
            np.zeros_like(self.masks.base) if again else self.masks.base,
            z_to_xy=self.scorer.layout.z_to_xy,
            strong=self.config.minSeedScore,
            trace_mask=self.masks.trace if again else None,
        )


def _recovered(run: _Pass, signal: Array, mask: Array) -> list[Chain]:
    """Chains grown from what the first pass has left of the mask."""
    run.report.stage("recover")
    trace, base = like(run.masks.trace, signal), like(run.masks.base, signal)
    seeds = unmarked(extract_seeds(leftover(signal, mask, trace, base)), run.masks.trace)
    run.clock.mark("recover")
    return run.chains(seeds, SHORTEST_RECOVERED, again=True) if len(seeds) else []


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
