"""The command ``zimg``: subcommands and exit codes."""

import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from zimg.cli.image_commands import convert, formats, info
from zimg.cli.messages import FAILURE, INTERRUPTED, code_of, complain, message_of, warn
from zimg.cli.options import AsJson, Overwrite
from zimg.cli.tracing_commands import skeletonize, trace
from zimg.cli.tree_commands import check, compare, subtract

app = typer.Typer(
    pretty_exceptions_enable=False,
    help="Microscopy images and neuron tracing.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"zimg-xp {version('zimg-xp')}\n")
        raise typer.Exit


@app.callback()
def common(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Microscopy images and neuron tracing."""


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")] = Path(
        "zimg-demo"
    ),
    overwrite: Overwrite = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")] = False,
    show: Annotated[bool, typer.Option("--open", help="Open the picture in a viewer.")] = False,
    as_json: AsJson = False,
) -> None:
    """Draw a synthetic neuron, trace it, and compare the trace with the ground truth."""
    from zimg.cli.demo import run_demo

    run_demo(output, overwrite=overwrite, progress=not quiet, as_json=as_json, open_picture=show)


def session(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the session.")],
    as_json: AsJson = False,
) -> None:
    """Show the state of a session of blocked tracing, which may be running."""
    from zimg.cli.trace_blocked import show_session

    show_session(folder, as_json=as_json)


def doctor(as_json: AsJson = False) -> None:
    """Report which frameworks, devices and formats work, and how to install the others."""
    from zimg.cli.doctor import show_diagnosis

    show_diagnosis(as_json=as_json)


def certify(
    device: Annotated[
        str | None,
        typer.Option(help="cuda:0, mps, xpu:0, gpu:0 or cpu.", show_default="GPUs that are found"),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Skip accurate mode and the largest volume.")
    ] = False,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the certificate as JSON.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the certificate as HTML.")
    ] = None,
    overwrite: Overwrite = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")] = False,
) -> None:
    """Check correctness, cost and speed on the GPUs of this machine in at most 3 minutes."""
    from zimg.cli.certify import run_certify

    run_certify(device, quick=quick, json=json, html=html, overwrite=overwrite, progress=not quiet)


for command in (
    *(info, formats, convert, trace, skeletonize, check, subtract, compare),
    *(session, demo, doctor, certify),
):
    app.command()(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with 0, with 1 after a failure, or 2 for wrong arguments.

    Expected errors are one line on standard error; any other exception is a defect of this library
    and keeps its traceback.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = warn
            code = app(given or ["--help"], prog_name="zimg", standalone_mode=False) or 0
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of the pipe, such as ``head``, has exited
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
