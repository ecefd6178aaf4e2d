"""Commands that turn images into trees: ``trace`` and ``skeletonize``."""

from pathlib import Path
from typing import Annotated

import typer

from zimg.cli import block_options as of_blocks
from zimg.cli.options import (
    AsJson,
    Backend,
    Channel,
    Clutter,
    ClutterChoice,
    Device,
    Framework,
    InMicrometres,
    InputFile,
    Invert,
    Mode,
    Overwrite,
    PositionsChoice,
    Preview,
    Quiet,
    RadiusKind,
    Report,
    Scene,
    Settings,
    Sheet,
    SomaChoice,
    Time,
    TraceMode,
    Trees,
    TreesChoice,
)


def trace(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Image files.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="SWC file to write; a folder for several images."),
    ],
    channel: Channel = 0,
    time: Time = 0,
    scene: Scene = 0,
    region: Annotated[
        str,
        typer.Option(
            metavar="X0:X1,Y0:Y1,Z0:Z1",
            help="Trace a region; ends may be omitted. Coordinates refer to the whole image.",
            show_default="everything",
        ),
    ] = ":,:,:",
    z_to_xy: Annotated[
        float | None,
        typer.Option(
            help="Voxel size in z divided by that in x and y.", show_default="from the file"
        ),
    ] = None,
    downsample: Annotated[
        str, typer.Option(metavar="X,Y,Z", help="Reduce the image by these factors first.")
    ] = "1,1,1",
    positions: PositionsChoice = None,
    config: Annotated[
        str, typer.Option(metavar="PRESET|FILE", help="Trace configuration.")
    ] = "trace_config",
    level: Annotated[
        int, typer.Option(help="Level of the trace configuration; 0: none.", min=0)
    ] = 0,
    settings: Settings = None,
    mode: TraceMode = Mode.accurate,
    clutter: ClutterChoice = Clutter.apart,
    trees: TreesChoice = Trees.relative,
    soma: SomaChoice = True,
    invert: Invert = False,
    in_um: InMicrometres = False,
    backend: Framework = Backend.numpy,
    device: Device = None,
    preview: Preview = None,
    report: Report = None,
    sheet: Sheet = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    blocked: of_blocks.Blocked = False,
    session: of_blocks.SessionFolder = None,
    core: of_blocks.Core = "512",
    halo: of_blocks.Halo = 64,
    workers: of_blocks.Workers = 1,
    processes: of_blocks.Processes = False,
    scheduler: of_blocks.Scheduler = None,
    memory_limit: of_blocks.MemoryLimit = None,
    threshold_mode: of_blocks.Thresholds = of_blocks.ThresholdMode.GLOBAL,
    resume: of_blocks.Resume = False,
) -> None:
    """Trace the neurons in images and write an SWC file for each."""
    if blocked and sheet is not None:
        raise ValueError("--sheet is for several images; a blocked trace has one: use --preview")
    if blocked and positions is not None:
        raise ValueError("--blocked accepts no --positions: use translated() on its tree")
    if blocked:
        from zimg.cli.trace_blocked import BlockOptions, trace_file
        from zimg.tracing.accurate import AccurateOptions

        trace_file(
            files,
            output,
            preview,
            image=(channel, time, scene),
            region=region,
            z_to_xy=z_to_xy,
            downsample=downsample,
            config=(config, level, settings),
            compute=(backend.value, device),
            mode=(mode.value, AccurateOptions(clutter.value, trees.value, soma, invert)),
            in_um=in_um,
            overwrite=overwrite,
            blocks=BlockOptions(
                session, core, halo, workers, processes, scheduler, memory_limit,
                threshold_mode.value, resume,
            ),
            as_json=as_json,
            quiet=quiet,
        )  # fmt: skip
        return
    if session is not None:
        raise ValueError("--session needs --blocked")
    from zimg.cli.arguments import parse_factors, parse_region, parse_settings
    from zimg.cli.trace import TraceJob, trace_files
    from zimg.tracing.accurate import AccurateOptions

    template = TraceJob(
        file=files[0],
        output=output,
        preview=preview,
        channel=channel,
        time=time,
        scene=scene,
        region=parse_region(region),
        z_to_xy=z_to_xy,
        downsample=parse_factors(downsample),
        positions=None if positions is None else positions.value,
        config=config,
        level=level,
        framework=backend.value,
        device=device,
        overrides=parse_settings(settings),
        in_um=in_um,
        overwrite=overwrite,
        mode=mode.value,
        options=AccurateOptions(clutter.value, trees.value, soma, invert),
        report=report,
    )
    trace_files(files, output, preview, template, sheet=sheet, as_json=as_json, quiet=quiet)


def skeletonize(
    file: InputFile,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="SWC file to write; a folder with --label all."),
    ],
    channel: Channel = 0,
    time: Time = 0,
    scene: Scene = 0,
    config: Annotated[
        str | None,
        typer.Option(metavar="PRESET|FILE", help="Skeletonize configuration."),
    ] = None,
    settings: Settings = None,
    downsample: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,Z",
            help="Reduce the mask by these factors first.",
            show_default="from the configuration",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Voxels above this value are foreground.", min=0, show_default="0"),
    ] = None,
    level: Annotated[float | None, typer.Option(hidden=True)] = None,
    label: Annotated[
        str | None,
        typer.Option(
            metavar="N|all", help="Skeletonize one label, or write OUT/N.swc for each label."
        ),
    ] = None,
    root: Annotated[
        str | None, typer.Option(metavar="X,Y,Z", help="Voxel at which the tree is rooted.")
    ] = None,
    radius: Annotated[
        RadiusKind,
        typer.Option(help="Radii: distance to the background in the plane, or in the volume."),
    ] = RadiusKind.planar,
    workers: Annotated[int, typer.Option(help="Processes for --label all.", min=1)] = 1,
    in_um: InMicrometres = False,
    backend: Framework = Backend.numpy,
    device: Device = None,
    preview: Preview = None,
    sheet: Sheet = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find the centre lines of the objects in a mask and write them as an SWC file."""
    from zimg.cli.arguments import parse_factors, parse_numbers, parse_settings
    from zimg.cli.showing import show
    from zimg.cli.skeletonize import SkeletonizeJob, run_job, summary

    if level is not None:
        raise ValueError(
            "skeletonize has no option --level: use --threshold to define the foreground"
        )
    job = SkeletonizeJob(
        file=file,
        output=output,
        channel=channel,
        time=time,
        scene=scene,
        config=config,
        downsample=None if downsample is None else parse_factors(downsample),
        level=threshold,
        label=label,
        root=None if root is None else parse_numbers("root", root),
        radius=radius.value,
        workers=workers,
        in_um=in_um,
        framework=backend.value,
        device=device,
        preview=preview,
        sheet=sheet,
        overrides=parse_settings(settings),
        overwrite=overwrite,
    )
    outcome = run_job(job, progress=not quiet)
    show(outcome, summary(outcome), as_json=as_json, quiet=quiet)
