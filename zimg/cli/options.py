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
    """How the radii of a skeleton are measured."""

    planar = "planar"
    euclidean = "euclidean"


class Mode(StrEnum):
    """Ways of tracing."""

    accurate = "accurate"
    reference = "reference"


class Clutter(StrEnum):
    """Handling of many dim structures next to a bright neuron."""

    apart = "split"
    keep = "keep"


class Trees(StrEnum):
    """Which trees are written."""

    relative = "relative"
    all = "all"
    single = "single"


class Positions(StrEnum):
    """Positions of the nodes of a downsampled trace."""

    centred = "centred"
    reference = "reference"


InputFile = Annotated[Path, typer.Argument(metavar="FILE", help="Image file.")]
TreeFile = Annotated[Path, typer.Argument(metavar="FILE", help="SWC file.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object; of several images, one per line.")
]
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
Sheet = Annotated[
    Path | None,
    typer.Option(metavar="PNG", help="Also draw all trees into one contact sheet, named."),
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
TraceMode = Annotated[
    Mode, typer.Option(help="Several passes from bright to dim, or neuTube's results.")
]
ClutterChoice = Annotated[
    Clutter, typer.Option(help="Drop or keep many dim structures next to a bright neuron.")
]
PositionsChoice = Annotated[
    Positions | None,
    typer.Option(
        help="Positions in a downsampled trace: centres of joined voxels, or those of neuTube.",
        show_default="that of the mode",
    ),
]
TreesChoice = Annotated[
    Trees,
    typer.Option(
        help="Trees to write: those of at least 0.3 times the longest, all, or the longest."
    ),
]
SomaChoice = Annotated[bool, typer.Option(help="Make a cell body one node, the root of its tree.")]
Invert = Annotated[bool, typer.Option("--invert", help="Neurites are darker than the background.")]
Report = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Write an HTML page for each image.")
]
