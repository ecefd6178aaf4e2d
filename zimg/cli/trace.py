"""``zimg trace``: read images, trace them, write trees and pictures, report."""

import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import array_api_compat.numpy as host
import typer

from zimg._progress import reporter
from zimg._typing import Array, ArrayFramework
from zimg.cli.arguments import require_framework
from zimg.cli.batch import targets
from zimg.cli.html_report import page_path, write_report
from zimg.cli.messages import FAILURE, complain
from zimg.cli.outcome import Outcome, summary
from zimg.cli.outputs import HTML, PNG, SWC, check_output
from zimg.cli.showing import show, write_preview, write_sheet
from zimg.cli.voxel_size import require_unit, say_missing_size
from zimg.image.volume import z_to_xy_ratio
from zimg.io.registry import stem_of
from zimg.io.source import ZImgSource
from zimg.ops import slow_because
from zimg.swc import ZSwc
from zimg.tracing.accurate import DEFAULTS, AccurateOptions
from zimg.tracing.automatic import TraceWarning, check_mode, run_mode
from zimg.tracing.config import check_config, resolve_config
from zimg.tracing.many import TracedImage, trace_each
from zimg.tracing.pipeline import TraceReport
from zimg.values import ZImgInfo, ZImgRegion
from zimg.view.sheet import Tile, tile
from zimg.workers.checks import ratio
from zimg.workers.output import write_tree
from zimg.workers.read_volume import read_channel, read_info


@dataclass(frozen=True)
class TraceJob:
    """What the command asks for one file; all but the three paths is the same for all files."""

    file: Path
    output: Path
    preview: Path | None
    channel: int
    time: int
    scene: int
    region: ZImgRegion
    z_to_xy: float | None
    downsample: tuple[int, int, int]
    positions: str | None
    config: str
    level: int
    framework: ArrayFramework
    device: str | None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    in_um: bool = False
    overwrite: bool = False
    mode: str = "accurate"
    options: AccurateOptions = DEFAULTS
    report: Path | None = None
    tiles: list[Tile] | None = None


def trace_files(
    files: Sequence[Path],
    output: Path,
    preview: Path | None,
    template: TraceJob,
    *,
    sheet: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Trace files as `template` says, print what was found, and draw the contact sheet.

    Raises
    ------
    typer.Exit
        With code 1 when one of several files failed; the error of a single file is raised.
    """
    check_options(template)
    if sheet is not None:
        check_output(sheet, PNG, inputs=files, overwrite=template.overwrite)
    outputs = targets(files, output, ".swc")
    previews = [None] * len(files) if preview is None else targets(files, preview, ".png")
    tiles: list[Tile] | None = None if sheet is None else []
    jobs = [
        replace(template, file=file, output=tree, preview=picture, tiles=tiles)
        for file, tree, picture in zip(files, outputs, previews, strict=True)
    ]
    try:
        (run_one if len(jobs) == 1 else run_many)(jobs, as_json=as_json, quiet=quiet)
    finally:  # of those that could be traced, too
        if sheet is not None:
            write_sheet(sheet, tiles or [])


def check_options(job: TraceJob) -> None:
    """Check what is the same for all files, before one is read."""
    check_config(resolve_config(job.config, level=job.level, overrides=job.overrides))
    check_mode(job.mode, job.options)
    if job.z_to_xy is not None:
        ratio("z_to_xy", job.z_to_xy)
    require_framework(job.framework)


def run_one(jobs: Sequence[TraceJob], *, as_json: bool, quiet: bool) -> None:
    """Trace a single file, with the progress of its stages."""
    _, outcome = run_job(jobs[0], progress=not quiet)
    for text in outcome.warnings:
        warnings.warn(text, TraceWarning, stacklevel=1)
    show(outcome, summary(outcome), as_json=as_json, quiet=quiet)


def run_many(jobs: Sequence[TraceJob], *, as_json: bool, quiet: bool) -> None:
    """Trace several files, also after one has failed, and end with the table of results."""
    outcomes: dict[str, Outcome] = {}

    def work(job: TraceJob) -> ZSwc:
        tree, outcomes[str(job.file)] = run_job(job, progress=False)
        return tree

    def finished(row: TracedImage, job: TraceJob) -> None:
        failed = Outcome(row.name, str(job.output), seconds=row.seconds, error=row.error)
        outcome = outcomes.get(row.name, failed)
        for text in outcome.warnings:
            warnings.warn(f"{text} ({row.name})", TraceWarning, stacklevel=1)
        if row.error:
            complain(row.error if row.name in row.error else f"{row.name}: {row.error}")
        if as_json or not row.error:
            show(outcome, summary(outcome), as_json=as_json, quiet=quiet)

    waiting = iter(jobs)
    with reporter(not quiet) as report:
        table = trace_each(
            ((str(job.file), partial(work, job)) for job in jobs),
            report=report,
            total=len(jobs),
            each=lambda row: finished(row, next(waiting)),
        )
    if not (as_json or quiet):
        sys.stdout.write(f"{table}\n")
    if table.failed:
        raise typer.Exit(FAILURE)


def run_job(job: TraceJob, *, progress: bool) -> tuple[ZSwc, Outcome]:
    """Trace one file and write what was asked for; the tree returned is in voxels of the region."""
    began = perf_counter()
    page = None if job.report is None else page_path(job.report, job.output)
    for path, suffixes in ((job.output, SWC), (job.preview, PNG), (page, HTML)):
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
            positions=job.positions,
            config=resolve_config(job.config, level=job.level, overrides=job.overrides),
            report=report,
        )
    start = job.region.start
    tree = result.tree.translated((start.x, start.y, start.z))
    write_tree(tree.to_um(info) if job.in_um else tree, job.output)
    outcome = outcome_of(job, result, z_to_xy=z_to_xy, seconds=perf_counter() - began)
    draw(job, outcome, volume, result.tree, z_to_xy=whole_ratio(z_to_xy, job))
    return result.tree, outcome


def draw(job: TraceJob, outcome: Outcome, volume: Array, tree: ZSwc, *, z_to_xy: float) -> None:
    """Draw preview, tile and report of a trace, as far as they were asked for."""
    if job.preview is not None:
        write_preview(job.preview, volume, tree, z_to_xy=z_to_xy)
    if job.tiles is not None:
        job.tiles.append(tile(f"{stem_of(job.file)}: {len(tree)} nodes", tree, volume))
    if job.report is not None:
        write_report(job.report, outcome, volume, tree, z_to_xy=z_to_xy)


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
