"""A run of blocked tracing: settings, stages in order, result."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from zimg.blocked import stages
from zimg.blocked.block import Decisions
from zimg.blocked.deciding import decide
from zimg.blocked.ladder import Ladder
from zimg.blocked.parameters import Parameters
from zimg.blocked.passes import trace_blocks
from zimg.blocked.paths import path_test
from zimg.blocked.plan import Plan
from zimg.blocked.rounds import continue_rounds
from zimg.blocked.session import RESULT, SUMMARY, Session, base_manifest
from zimg.blocked.source import Volume
from zimg.blocked.stats import Thresholds
from zimg.blocked.stitch import Stitcher
from zimg.blocked.strands import Link
from zimg.blocked.trees import (
    Orphan,
    build_tree,
    in_image_voxels,
    planes_of,
    somata_of,
    somata_task,
)
from zimg.swc import ZSwc
from zimg.tracing.accurate import DEFAULTS, AccurateOptions, in_input_voxels
from zimg.tracing.chains import Chain
from zimg.tracing.contrast import screened
from zimg.tracing.findings import describe_screening
from zimg.tracing.segments import geometric_radius
from zimg.tracing.soma_nodes import with_somata
from zimg.tracing.trees import chosen_trees


@dataclass(frozen=True)
class BlockedResult:
    """Result of a run.

    Attributes
    ----------
    tree
        Nodes in voxels of the image (relative to the region of the source), radii in voxels of
        x and y. Empty if nothing was found.
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
    """All settings on which the result depends.

    Attributes
    ----------
    volume, plan, parameters
        Volume, division into blocks, and parameters of the blocks.
    channel, time
        Channel and time of the image.
    mode, threshold_mode, resample, orphan, max_rounds, on_unreadable, dataset_id
        As of `BlockedTracer`.
    fixed
        Thresholds of ``threshold_mode="fixed"``.
    options
        Options of accurate mode.
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
    options: AccurateOptions = DEFAULTS

    def manifest(self) -> dict[str, Any]:
        """Return the manifest of a session with these settings."""
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
            "options": asdict(self.options),
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
    """Run the stages that have no records yet and write the tree into the session."""
    config, z_to_xy = settings.parameters.config, settings.parameters.z_to_xy
    decisions: Decisions | None = settings.fixed
    if settings.threshold_mode == "global":
        decisions = decide(work, mode=settings.mode, invert=settings.options.invert)
    skip = settings.on_unreadable == "skip"
    traced = trace_blocks(work, decisions, skip_unreadable=skip)
    work.report.stage("stitch")
    stitcher = Stitcher(
        traced.pieces, settings.plan, z_to_xy=z_to_xy, low_score=config.minAutoScore
    )
    rounds = continue_rounds(work, stitcher, decisions, settings.max_rounds, traced.skipped)
    tree, found = _tree(settings, work, stitcher, decisions)
    summary = {
        "blocks": len(settings.plan),
        "skipped": sorted(traced.skipped),
        "seeds": traced.seeds,
        **found,
        "rounds": rounds,
        "open_ends": len(stitcher.open_ends()),
        "nodes": len(tree),
        "trees": len(tree.roots),
    }
    if isinstance(decisions, Ladder):
        levels = decisions.levels[: traced.levels]
        summary["levels"] = [level / decisions.unit for level in levels]
    path = write_result(work.session, tree, summary)
    return BlockedResult(tree, path, summary)


def _tree(
    settings: Settings, work: stages.Work, stitcher: Stitcher, decisions: Decisions | None
) -> tuple[ZSwc, dict[str, Any]]:
    """Build the tree of the stitched chains in voxels of the image; also return counts."""
    chains, links = stitcher.result()
    found: dict[str, Any] = {"chains": len(chains), "links": len(links)}
    if isinstance(decisions, Ladder):
        chains, links, more = _standing_out(settings, decisions, chains, links)
        found |= more
    work.report.stage("build tree")
    tree = build_tree(
        chains,
        links,
        paths=lambda kept: path_test(
            work,
            decisions or Thresholds(0.0, None, 0),
            kept,
            settings.parameters.config.maxEucDist,
        ),
        config=settings.parameters.config,
        z_to_xy=settings.parameters.z_to_xy,
        resample=settings.resample,
        orphan=settings.orphan,
    )
    if not isinstance(decisions, Ladder):
        return in_image_voxels(tree, settings.volume), found
    if settings.options.soma and chains:
        tree, found["somata"] = _with_somata(settings, work, decisions, chains, tree)
    found["trees_found"] = len(tree.roots)
    z_to_xy = settings.parameters.z_to_xy
    tree = chosen_trees(tree, settings.options.trees, z_to_xy=z_to_xy) if len(tree) else tree
    factors = settings.volume.factors
    return in_input_voxels(tree, factors, planes=planes_of(settings.volume)), found


def _standing_out(
    settings: Settings, ladder: Ladder, chains: list[Chain], links: list[Link]
) -> tuple[list[Chain], list[Link], dict[str, Any]]:
    """Select the chains that stand out from noise and clutter, and the links between them."""
    screening = screened(
        chains,
        noise=ladder.sigma,
        longest_side=float(max(settings.plan.shape[1:])),
        clutter=settings.options.clutter,
    )
    kept = screening.keep.tolist()
    place = dict(zip(np.flatnonzero(screening.keep).tolist(), range(sum(kept)), strict=True))
    both = [link for link in links if link.hook in place and link.loop in place]
    moved = [replace(link, hook=place[link.hook], loop=place[link.loop]) for link in both]
    more = {"noise": ladder.sigma / ladder.unit, "chains_kept": sum(kept)}
    more |= describe_screening(screening, unit=ladder.unit)
    return [chain for chain, keep in zip(chains, kept, strict=True) if keep], moved, more


def _with_somata(
    settings: Settings, work: stages.Work, ladder: Ladder, chains: list[Chain], tree: ZSwc
) -> tuple[ZSwc, int]:
    """Add the cell bodies of all blocks to the tree; also return their number."""
    radii = geometric_radius(np.concatenate([chain.segments for chain in chains]))
    typical = float(np.median(radii))
    tasks = {
        f"{block.number:06d}": (settings.volume, block, ladder, settings.parameters, typical)
        for block in settings.plan.blocks()
    }
    records = work.done("somata", "somata", somata_task, tasks)
    return with_somata(tree, somata_of(records), z_to_xy=settings.parameters.z_to_xy)


def write_result(session: Session, tree: ZSwc, summary: Mapping[str, Any]) -> Path:
    """Write the tree and its summary into the session."""
    path = session.folder / RESULT
    header = f"Generated by zimg-xp {version('zimg-xp')}"
    if summary["skipped"]:
        header += f"; blocks that could not be read: {summary['skipped']}"
    tree.save(path, precision=6, renumber=True, header=header)
    text = json.dumps(dict(summary), indent=2, sort_keys=True) + "\n"
    session.replace(SUMMARY, text.encode())
    session.log("finished", **summary)
    return path
