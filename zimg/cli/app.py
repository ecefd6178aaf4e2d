"""Commands, options and exit codes of ``zimg``; what the commands do is in the files beside."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from zimg._errors import ZException

FAILURE, USAGE, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Microscopy images and neuron tracing.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Backend(StrEnum):
    """Frameworks that can hold the image."""

    numpy = "numpy"
    torch = "torch"
    jax = "jax"
    cupy = "cupy"


InputFile = Annotated[Path, typer.Argument(metavar="FILE", help="Image file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def info(file: InputFile, as_json: AsJson = False) -> None:
    """Show size, type, voxel size and channels of an image, without reading its pixels."""
    from zimg.cli.info import show_info

    show_info(file, as_json=as_json)


@app.command()
def trace(
    file: InputFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="SWC file to write.")],
    channel: Annotated[int, typer.Option(help="Channel to trace, from 0.", min=0)] = 0,
    time: Annotated[int, typer.Option(help="Time point to trace, from 0.", min=0)] = 0,
    scene: Annotated[int, typer.Option(help="Image in the file, from 0.", min=0)] = 0,
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
    backend: Annotated[Backend, typer.Option(help="Framework to compute with.")] = Backend.numpy,
    device: Annotated[
        str | None, typer.Option(help="Device of the framework.", show_default="its own default")
    ] = None,
    preview: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Draw the tree over three projections.")
    ] = None,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Trace the neurons in an image and write them as an SWC file."""
    from zimg.cli.trace import TraceJob, parse_factors, parse_region, run_job, show_outcome

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
    show_outcome(outcome, as_json=as_json, quiet=quiet)


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
        code = app(given or ["--help"], prog_name="zimg", standalone_mode=False) or 0
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:
        code = _code_of(error)
        if not code:
            raise
        _complain(_message_of(error))
    if code == INTERRUPTED:
        _complain("interrupted")
    sys.exit(code)


def _code_of(error: Exception) -> int:
    """Exit code of an expected error, 0 for others."""
    if hasattr(error, "format_message"):  # typer's own, whichever release
        return USAGE
    if isinstance(error, ValueError | TypeError | NotImplementedError):
        return USAGE
    return FAILURE if isinstance(error, ZException | OSError | ImportError | MemoryError) else 0


def _message_of(error: Exception) -> str:
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    return " ".join(text.split()) or type(error).__name__


def _complain(message: str) -> None:
    sys.stderr.write(f"zimg: {message}\n")
