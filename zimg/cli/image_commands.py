"""Commands for images: ``info``, ``formats`` and ``convert``."""

from pathlib import Path
from typing import Annotated

import typer

from zimg.cli.options import AsJson, Overwrite, Scene

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Image files or addresses.")]


def info(
    files: Files,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object per file.")] = False,
) -> None:
    """Show sizes, type, voxel size, channels and levels of images, without reading pixels."""
    from zimg.cli.batch import run_all
    from zimg.cli.info import show_info

    run_all(lambda file: show_info(file, as_json=as_json), files)


def formats(as_json: AsJson = False) -> None:
    """List the formats that can be read and written, and the packages they need."""
    from zimg.cli.formats import show_formats

    show_formats(as_json=as_json)


def convert(
    sources: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Image files or addresses.")
    ],
    output: Annotated[
        Path, typer.Argument(metavar="OUT", help="File to write, or a folder for several images.")
    ],
    scene: Scene = 0,
    region: Annotated[
        str,
        typer.Option(
            metavar="X0:X1,Y0:Y1,Z0:Z1,C0:C1,T0:T1",
            help="Write a region; ends may be omitted.",
            show_default="everything",
        ),
    ] = ":,:,:,:,:",
    ratio: Annotated[str, typer.Option(metavar="X,Y,Z", help="Reduce by these factors.")] = "1,1,1",
    channels: Annotated[
        str | None,
        typer.Option(metavar="C,C,...", help="Channels of the region: numbers from 0, or names."),
    ] = None,
    compression: Annotated[str, typer.Option(metavar="NAME", help="Compression to use.")] = "auto",
    chunks: Annotated[
        str | None, typer.Option(metavar="T,C,Z,Y,X", help="Chunk size of OME-Zarr.")
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Format to write; required when OUT is a folder.",
            show_default="from the suffix of OUT",
        ),
    ] = "unknown",
    overwrite: Overwrite = False,
    fill: Annotated[
        bool, typer.Option("--fill", help="Write zeros for missing planes, and list these planes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object per image.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")] = False,
) -> None:
    """Convert images, or parts of them, to another format; they need not fit in memory."""
    from zimg.cli.batch import run_all
    from zimg.cli.convert import ConvertJob, image_targets, run_convert
    from zimg.cli.outputs import is_folder
    from zimg.cli.showing import show

    outputs = image_targets(sources, output, format)
    jobs = [
        ConvertJob(
            source=source,
            output=target,
            scene=scene,
            region=region,
            ratio=ratio,
            channels=channels,
            compression=compression,
            chunks=chunks,
            format=format,
            overwrite=overwrite,
            fill=fill,
            into_folder=is_folder(output, len(sources)),
        )
        for source, target in zip(sources, outputs, strict=True)
    ]

    def run(job: ConvertJob) -> None:
        show(run_convert(job, progress=not quiet), "", as_json=as_json, quiet=True)

    run_all(run, jobs)
