"""Arguments and options that several commands take."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

BackendName = Literal["numpy", "torch", "jax", "cupy"]


class Backend(StrEnum):
    """Frameworks that can hold the image."""

    numpy = "numpy"
    torch = "torch"
    jax = "jax"
    cupy = "cupy"


class RadiusKind(StrEnum):
    """How the radii of a skeleton are measured."""

    planar = "planar"
    euclidean = "euclidean"


InputFile = Annotated[Path, typer.Argument(metavar="FILE", help="Image file.")]
TreeFile = Annotated[Path, typer.Argument(metavar="FILE", help="SWC file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Channel = Annotated[int, typer.Option(help="Channel, counted from 0.", min=0)]
Time = Annotated[int, typer.Option(help="Time point, counted from 0.", min=0)]
Scene = Annotated[int, typer.Option(help="Scene (image in the file), counted from 0.", min=0)]
Framework = Annotated[Backend, typer.Option("--backend", help="Framework to compute with.")]
Device = Annotated[
    str | None,
    typer.Option(help="Device of the framework.", show_default="the framework's default"),
]
Preview = Annotated[
    Path | None,
    typer.Option(metavar="PNG", help="Also draw the tree over three projections of the image."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress and no summary.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change one option of the configuration."),
]
InMicrometres = Annotated[
    bool, typer.Option("--um", help="Write micrometres, from the voxel size of the image.")
]
