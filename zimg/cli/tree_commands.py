"""Commands for SWC files: ``check``, ``subtract`` and ``compare``."""

from pathlib import Path
from typing import Annotated

import typer

from zimg.cli.messages import FAILURE
from zimg.cli.options import AsJson, Overwrite, TreeFile


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="SWC files.")],
    as_json: AsJson = False,
) -> None:
    """Report errors and doubtful entries in SWC files, including files that cannot be loaded."""
    from zimg.cli.check import check_files

    if not check_files(files, as_json=as_json):
        raise typer.Exit(FAILURE)


def subtract(
    file: TreeFile,
    others: Annotated[
        list[Path], typer.Argument(metavar="OTHER...", help="SWC files to subtract.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="SWC file to write.")],
    legacy_order: Annotated[
        bool, typer.Option(help="Skip the nodes that the reference does not test.")
    ] = False,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no summary.")] = False,
) -> None:
    """Remove from a tree the nodes that lie inside other trees."""
    from zimg.cli.outputs import SWC, check_output
    from zimg.cli.subtract import subtract_files

    check_output(output, SWC, inputs=[file, *others], overwrite=overwrite)
    subtract_files(file, others, output, legacy_order=legacy_order, as_json=as_json, quiet=quiet)


def compare(
    file: TreeFile,
    expected: Annotated[Path, typer.Argument(metavar="EXPECTED", help="SWC file to compare with.")],
    tolerance: Annotated[float, typer.Option(help="Largest distance of matching points.")] = 2.0,
    step: Annotated[float, typer.Option(help="Largest spacing of points along edges.")] = 1.0,
    voxel_size: Annotated[
        str, typer.Option(metavar="X,Y,Z", help="Multiply positions by these; 0 projects.")
    ] = "1,1,1",
    fail_under: Annotated[
        float | None, typer.Option(metavar="F", help="Exit with 1 if F1 is smaller.")
    ] = None,
    preview: Annotated[
        Path | None,
        typer.Option(metavar="PNG", help="Write a picture of false and missed branches."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Measure how well a tree agrees with an expected one.

    Besides precision, recall and F1, three distances are reported: ESA, the entire structure
    average; DSA, the average over points beyond the tolerance; PDS, the share of such points.
    """
    from zimg.cli.compare import compare_files
    from zimg.cli.outputs import PNG, check_output

    if preview is not None:
        check_output(preview, PNG, inputs=[file, expected], overwrite=overwrite)
    f1 = compare_files(
        file,
        expected,
        tolerance=tolerance,
        step=step,
        voxel_size=voxel_size,
        as_json=as_json,
        preview=preview,
    )
    if fail_under is not None and f1 < fail_under:
        raise typer.Exit(FAILURE)
