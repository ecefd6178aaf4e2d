"""Commands of ``zimg``; what the commands do is in the files beside."""

import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from zimg.cli.errors import FAILURE, INTERRUPTED, code_of, complain, message_of, warn
from zimg.cli.options import (
    AsJson,
    Backend,
    Channel,
    Device,
    Framework,
    InputFile,
    Preview,
    Quiet,
    RadiusKind,
    Scene,
    Time,
    TreeFile,
)

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Microscopy images and neuron tracing.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def info(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Image files.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object per file.")] = False,
) -> None:
    """Show sizes, type, voxel size, channels and levels of images, without reading pixels."""
    from zimg.cli.info import show_infos

    failures = show_infos(files, as_json=as_json)
    for error in failures[:-1]:
        complain(message_of(error))
    if failures:
        raise failures[-1]


@app.command()
def formats(as_json: AsJson = False) -> None:
    """List the formats that are read and written, and what they need."""
    from zimg.cli.formats import show_formats

    show_formats(as_json=as_json)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(metavar="IN", help="Image file or address.")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="File to write.")],
    scene: Scene = 0,
    region: Annotated[
        str, typer.Option(metavar="X0:X1,Y0:Y1,Z0:Z1,C0:C1,T0:T1", help="Part, open ends allowed.")
    ] = ":,:,:,:,:",
    ratio: Annotated[str, typer.Option(metavar="X,Y,Z", help="Shrink by these factors.")] = "1,1,1",
    channels: Annotated[
        str | None,
        typer.Option(metavar="C,C,...", help="Channels of the region, from 0, or names."),
    ] = None,
    compression: Annotated[str, typer.Option(metavar="NAME", help="How to pack.")] = "auto",
    chunks: Annotated[
        str | None, typer.Option(metavar="T,C,Z,Y,X", help="Chunks of OME-Zarr.")
    ] = None,
    format: Annotated[
        str, typer.Option(metavar="NAME", help="Format to write.", show_default="by suffix")
    ] = "unknown",
    overwrite: Annotated[bool, typer.Option(help="Replace OUT where it exists.")] = False,
    fill: Annotated[
        bool, typer.Option("--fill", help="Write zeros for planes that IN lacks, and list them.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Write an image, or a part of it, in another format; it need not fit in memory."""
    from zimg.cli.convert import ConvertJob, run_convert

    values = (scene, region, ratio, channels, compression, chunks, format, overwrite, fill)
    run_convert(ConvertJob(source, output, *values), progress=not quiet)


@app.command()
def trace(
    file: InputFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="SWC file to write.")],
    channel: Channel = 0,
    time: Time = 0,
    scene: Scene = 0,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="X0:X1,Y0:Y1,Z0:Z1",
            help="Trace a part, open ends allowed; the tree gets coordinates of the whole image.",
        ),
    ] = None,
    z_to_xy: Annotated[
        float | None,
        typer.Option(help="Voxel size in z over that in x and y.", show_default="from the file"),
    ] = None,
    downsample: Annotated[
        str, typer.Option(metavar="X,Y,Z", help="Trace a smaller image, by these factors.")
    ] = "1,1,1",
    config: Annotated[
        str, typer.Option(metavar="PRESET|FILE", help="Trace configuration.")
    ] = "trace_config",
    level: Annotated[int, typer.Option(help="Level of the configuration; 0 is none.", min=0)] = 0,
    backend: Framework = Backend.numpy,
    device: Device = None,
    preview: Preview = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Trace the neurons in an image and write them as an SWC file."""
    from zimg.cli.arguments import parse_factors, parse_region
    from zimg.cli.showing import show
    from zimg.cli.trace import TraceJob, run_job, summary

    outcome = run_job(
        TraceJob(
            file=file,
            output=output,
            channel=channel,
            time=time,
            scene=scene,
            region=parse_region(region or ":,:,:"),
            z_to_xy=z_to_xy,
            downsample=parse_factors(downsample),
            config=config,
            level=level,
            framework=backend.value,
            device=device,
            preview=preview,
        ),
        progress=not quiet,
    )
    show(outcome, summary(outcome), as_json=as_json, quiet=quiet)


@app.command()
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
        str | None, typer.Option(metavar="PRESET|FILE", help="Options, as SKELETONIZE.")
    ] = None,
    downsample: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,Z", help="Reduce the mask by these factors.", show_default="from config"
        ),
    ] = None,
    level: Annotated[
        int | None, typer.Option(help="What is above is an object.", min=0, show_default="0")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(metavar="N|all", help="Take one label, or write OUT/N.swc for every one."),
    ] = None,
    root: Annotated[
        str | None, typer.Option(metavar="X,Y,Z", help="Voxel where the tree begins.")
    ] = None,
    radius: Annotated[
        RadiusKind, typer.Option(help="Distance to the background of the plane or the volume.")
    ] = RadiusKind.planar,
    workers: Annotated[
        int, typer.Option(help="Processes that share the labels of --label all.", min=1)
    ] = 1,
    in_um: Annotated[
        bool, typer.Option("--um", help="Write micrometres, by the voxel size of the image.")
    ] = False,
    backend: Framework = Backend.numpy,
    device: Device = None,
    preview: Preview = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find the centre lines of the objects in a mask and write them as an SWC file."""
    from zimg.cli.arguments import parse_factors, parse_numbers
    from zimg.cli.showing import show
    from zimg.cli.skeletonize import SkeletonizeJob, run_job, summary

    job = SkeletonizeJob(
        file=file,
        output=output,
        channel=channel,
        time=time,
        scene=scene,
        config=config,
        downsample=None if downsample is None else parse_factors(downsample),
        level=level,
        label=label,
        root=None if root is None else parse_numbers("root", root),
        radius=radius.value,
        workers=workers,
        in_um=in_um,
        framework=backend.value,
        device=device,
        preview=preview,
    )
    outcome = run_job(job, progress=not quiet)
    show(outcome, summary(outcome), as_json=as_json, quiet=quiet)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="SWC files.")],
    as_json: AsJson = False,
) -> None:
    """Say what is wrong or doubtful in SWC files, also in those that cannot be loaded."""
    from zimg.cli.check import check_files

    if not check_files(files, as_json=as_json):
        raise typer.Exit(FAILURE)


@app.command()
def subtract(
    file: TreeFile,
    others: Annotated[list[Path], typer.Argument(metavar="OTHER...", help="What to take away.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="SWC file to write.")],
    legacy_order: Annotated[
        bool, typer.Option(help="Leave untested what the reference's walk leaves out.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
) -> None:
    """Remove from a tree the nodes that lie inside other trees."""
    from zimg.cli.subtract import subtract_files

    subtract_files(file, others, output, legacy_order=legacy_order, quiet=quiet)


@app.command()
def compare(
    file: TreeFile,
    expected: Annotated[Path, typer.Argument(metavar="EXPECTED", help="SWC file to agree with.")],
    tolerance: Annotated[float, typer.Option(help="Distance up to which points match.")] = 2.0,
    step: Annotated[float, typer.Option(help="Largest distance of points along edges.")] = 1.0,
    voxel_size: Annotated[
        str, typer.Option(metavar="X,Y,Z", help="Factors of the positions; 0 projects.")
    ] = "1,1,1",
    fail_under: Annotated[
        float | None, typer.Option(metavar="F", help="Exit with 1 if F1 is smaller.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how well a tree agrees with an expected one."""
    from zimg.cli.compare import compare_files

    f1 = compare_files(
        file, expected, tolerance=tolerance, step=step, voxel_size=voxel_size, as_json=as_json
    )
    if fail_under is not None and f1 < fail_under:
        raise typer.Exit(FAILURE)


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")] = Path(
        "zimg-demo"
    ),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Draw a phantom neuron, trace it, and compare the trace with the truth."""
    from zimg.cli.demo import run_demo

    run_demo(output, progress=not quiet)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say which frameworks, devices and formats work here, and what would add the others."""
    from zimg.cli.doctor import show_diagnosis

    show_diagnosis(as_json=as_json)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with 0, 1 for a failure, or 2 for wrong arguments.

    Every expected error is one line on standard error; anything else is a defect of this library
    and keeps its traceback.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = warn
            code = app(given or ["--help"], prog_name="zimg", standalone_mode=False) or 0
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has seen enough, as ``head`` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAILURE
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:
        code = code_of(error)
        if not code:
            raise
        complain(message_of(error))
    if code == INTERRUPTED:
        complain("interrupted")
    sys.exit(code)
