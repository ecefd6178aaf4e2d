"""Arguments and options that several commands take."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Backend(StrEnum):
    """Frameworks that can hold the image."""

    numpy = "numpy"
    torch = "torch"
    jax = "jax"
    cupy = "cupy"


class RadiusKind(StrEnum):
    """What the radii of a skeleton tell."""

    planar = "planar"
    euclidean = "euclidean"


InputFile = Annotated[Path, typer.Argument(metavar="FILE", help="Image file.")]
TreeFile = Annotated[Path, typer.Argument(metavar="FILE", help="SWC file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Channel = Annotated[int, typer.Option(help="Channel to take, from 0.", min=0)]
Time = Annotated[int, typer.Option(help="Time point to take, from 0.", min=0)]
Scene = Annotated[int, typer.Option(help="Image in the file, from 0.", min=0)]
Framework = Annotated[Backend, typer.Option("--backend", help="Framework to compute with.")]
Device = Annotated[
    str | None, typer.Option(help="Device of the framework.", show_default="its own default")
]
Preview = Annotated[
    Path | None, typer.Option(metavar="PNG", help="Draw the tree over three projections.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")]
