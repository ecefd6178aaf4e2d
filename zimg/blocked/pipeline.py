"""One run of blocked tracing: what it is about, its stages in order, and what it gives."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from zimg.blocked import stages
from zimg.blocked.block import Parameters
from zimg.blocked.plan import Plan
from zimg.blocked.session import base_manifest
from zimg.blocked.source import Volume
from zimg.blocked.stats import Thresholds
from zimg.blocked.stitch import Stitcher
from zimg.blocked.structure import Orphan, build_tree
from zimg.swc import ZSwc


@dataclass(frozen=True)
class BlockedResult:
    """What a run gives.

    Attributes
    ----------
    tree
        Nodes in voxels of the image (relative to the region of the source), radii in voxels of
        x and y. Empty when nothing was found.
    path
        The same tree as an SWC file in the session.
    summary
        Counts: blocks, seeds, chains, links, rounds, open ends left, nodes, trees.
    """

    tree: ZSwc
    path: Path
    summary: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """Everything that the result of a run depends on.

    Attributes
    ----------
    volume, plan, parameters
        What is traced, in which blocks, and how.
    channel, time
        Of the image.
    mode, threshold_mode, resample, orphan, max_rounds, on_unreadable, dataset_id
        As of `BlockedTracer`.
    fixed
        The thresholds of ``threshold_mode="fixed"``.
    """

    volume: Volume
    plan: Plan
    parameters: Parameters
    channel: int
    time: int
    mode: str
    threshold_mode: str
    fixed: Thresholds | None
    resample: bool
    orphan: Orphan
    max_rounds: int
    on_unreadable: str
    dataset_id: str = ""

    def manifest(self) -> dict[str, Any]:
        """What a session of these settings says about itself."""
        plan, parameters = self.plan, self.parameters
        return base_manifest("trace") | {
            "source": self.volume.identity(),
            "fingerprint": self.volume.fingerprint(),
            "dataset_id": self.dataset_id,
            "channel": self.channel,
            "time": self.time,
            "downsample": list(self.volume.factors),
            "z_to_xy": parameters.z_to_xy,
            "plan": {
                "shape": list(plan.shape),
                "core": list(plan.core),
                "halo": list(plan.halo),
            },
            "blocks": len(plan),
            "config": asdict(parameters.config),
            "mode": self.mode,
            "threshold_mode": self.threshold_mode,
            "fixed": None if self.fixed is None else asdict(self.fixed),
            "resample": self.resample,
            "orphan": self.orphan,
            "max_rounds": self.max_rounds,
            "on_unreadable": self.on_unreadable,
            "framework": parameters.framework,
            "dtype": parameters.dtype,
        }


def trace_session(settings: Settings, work: stages.Work) -> BlockedResult:
    """Do what the session has not done yet, and write the tree into it."""
    config, z_to_xy = settings.parameters.config, settings.parameters.z_to_xy
    thresholds = settings.fixed
    if settings.threshold_mode == "global":
        thresholds = stages.find_thresholds(work)
    skip = settings.on_unreadable == "skip"
    pieces, seeds, skipped = stages.trace_blocks(work, thresholds, skip_unreadable=skip)
    work.report.stage("stitch")
    stitcher = Stitcher(pieces, settings.plan, z_to_xy=z_to_xy, low_score=config.minAutoScore)
    rounds = stages.continue_rounds(work, stitcher, thresholds, settings.max_rounds, skipped)
    work.report.stage("build tree")
    chains, links = stitcher.result()
    tree = build_tree(
        chains,
        links,
        volume=settings.volume,
        thresholds=thresholds or Thresholds(0.0, None, 0),
        config=config,
        z_to_xy=z_to_xy,
        resample=settings.resample,
        orphan=settings.orphan,
    )
    tree = stages.in_image_voxels(tree, settings.volume)
    summary = {
        "blocks": len(settings.plan),
        "skipped": sorted(skipped),
        "seeds": seeds,
        "chains": len(chains),
        "links": len(links),
        "rounds": rounds,
        "open_ends": len(stitcher.open_ends()),
        "nodes": len(tree),
        "trees": len(tree.roots),
    }
    path = stages.write_result(work.session, tree, summary)
    return BlockedResult(tree, path, summary)
