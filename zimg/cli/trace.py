"""``zimg trace``: read an image, trace it, write tree and preview, report."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import array_api_compat.numpy as host

from zimg._progress import reporter
from zimg._typing import ArrayFramework
from zimg.cli.arguments import require_framework
from zimg.cli.html_report import write_report
from zimg.cli.outcome import Outcome
from zimg.cli.outputs import PNG, SWC, check_output, stem_of
from zimg.cli.showing import write_preview
from zimg.cli.voxel_size import require_unit, say_missing_size
from zimg.image.volume import z_to_xy_ratio
from zimg.io.source import ZImgSource
from zimg.ops import slow_because
from zimg.tracing.accurate import DEFAULTS, AccurateOptions
from zimg.tracing.automatic import TraceWarning, check_mode, run_mode
from zimg.tracing.config import check_config, resolve_config
from zimg.tracing.pipeline import TraceReport
from zimg.values import ZImgInfo, ZImgRegion
from zimg.view.sheet import Tile, tile
from zimg.workers.checks import ratio
from zimg.workers.output import write_tree
from zimg.workers.read_volume import read_channel, read_info


@dataclass(frozen=True)
class TraceJob:
    """What one call of the command asks for."""

    file: Path
    output: Path
    channel: int
    time: int
    scene: int
    region: ZImgRegion
    z_to_xy: float | None
    downsample: tuple[int, int, int]
    config: str
    level: int
    framework: ArrayFramework
    device: str | None
    preview: Path | None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    in_um: bool = False
    overwrite: bool = False
    mode: str = "accurate"
    options: AccurateOptions = DEFAULTS
    report: Path | None = None
    tiles: list[Tile] | None = None


def run_job(job: TraceJob, *, progress: bool) -> Outcome:
    """Trace one file; arguments are checked before the image is read."""
    began = perf_counter()
    config = resolve_config(job.config, level=job.level, overrides=job.overrides)
    check_config(config)
    check_mode(job.mode, job.options)
    require_framework(job.framework)
    for path, suffixes in ((job.output, SWC), (job.preview, PNG)):
        if path is not None:
            check_output(path, suffixes, inputs=(job.file, job.config), overwrite=job.overwrite)
    source = ZImgSource(job.file, job.region, job.scene)
    info = read_info(source)
    if job.in_um:
        require_unit(job.file, info)
    z_to_xy = effective_ratio(job, info)
    with reporter(progress) as report:
        report.stage("read")
        volume = read_channel(
            source, job.channel, job.time, framework=job.framework, device=job.device
        )
        if progress and job.z_to_xy is None:
            say_missing_size(job.file, info)
        result = run_mode(
            volume,
            mode=job.mode,
            options=job.options,
            z_to_xy=z_to_xy,
            downsample_ratio=job.downsample,
            config=config,
            report=report,
        )
    for text in result.warnings:
        warnings.warn(text, TraceWarning, stacklevel=1)
    start = job.region.start
    tree = result.tree.translated((start.x, start.y, start.z))
    write_tree(tree.to_um(info) if job.in_um else tree, job.output)
    whole = whole_ratio(z_to_xy, job)
    if job.preview is not None:
        write_preview(job.preview, volume, result.tree, z_to_xy=whole)
    if job.tiles is not None:
        job.tiles.append(tile(f"{stem_of(job.file)}: {len(tree)} nodes", result.tree, volume))
    outcome = outcome_of(job, result, z_to_xy=z_to_xy, seconds=perf_counter() - began)
    if job.report is not None:
        write_report(job.report, outcome, volume, result.tree, z_to_xy=whole)
    return outcome


def effective_ratio(job: TraceJob, info: ZImgInfo) -> float:
    """Return the z to xy ratio of downsampled voxels: the requested one, else that of the file."""
    if job.z_to_xy is None:
        return z_to_xy_ratio(info, job.downsample)
    return ratio("z_to_xy", job.z_to_xy)


def whole_ratio(z_to_xy: float, job: TraceJob) -> float:
    """Return the ratio of the image's own voxels from that of the downsampled ones."""
    x, y, z = job.downsample
    return z_to_xy * (x + y) / (2 * z)


def outcome_of(job: TraceJob, result: TraceReport, *, z_to_xy: float, seconds: float) -> Outcome:
    """Collect the figures of one call."""
    tree = result.tree
    return Outcome(
        input=str(job.file),
        output=str(job.output),
        preview=None if job.preview is None else str(job.preview),
        seeds=result.seeds,
        chains=result.chains,
        nodes=len(tree),
        trees=len(tree.roots),
        length=tree.total_length((1.0, 1.0, whole_ratio(z_to_xy, job))),
        z_to_xy=z_to_xy,
        seconds=seconds,
        stages=dict(result.stage_seconds),
        mode=job.mode,
        findings=dict(result.details),
        warnings=list(result.warnings),
        slow_because=_slow_because(job),
    )


def _slow_because(job: TraceJob) -> str:
    """Return why no compiled code was used on the CPU; empty on other devices."""
    on_cpu = job.device is None or str(job.device).startswith("cpu")
    return slow_because(xp=host) if on_cpu else ""
