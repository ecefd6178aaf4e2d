"""Options of ``zimg trace --blocked``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

PANEL = "Tracing in blocks"


class ThresholdMode(StrEnum):
    """Where thresholds come from."""

    GLOBAL = "global"
    auto = "auto"


Blocked = Annotated[
    bool,
    typer.Option(
        "--blocked", help="Trace block by block, for images larger than memory.",
        rich_help_panel=PANEL,
    ),
]  # fmt: skip
SessionFolder = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Session folder, which keeps finished blocks; required.",
        rich_help_panel=PANEL,
    ),
]
Core = Annotated[
    str,
    typer.Option(
        metavar="N|X,Y,Z|auto",
        help="Block size in voxels; auto derives it from the memory limit.",
        rich_help_panel=PANEL,
    ),
]
Halo = Annotated[int, typer.Option(help="Voxels read around a block.", rich_help_panel=PANEL)]
Workers = Annotated[
    int, typer.Option(help="Blocks traced at a time.", min=1, rich_help_panel=PANEL)
]
Processes = Annotated[
    bool,
    typer.Option("--processes", help="Workers are processes, not threads.", rich_help_panel=PANEL),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="tcp://HOST:PORT", help="Use the workers of a Dask cluster.", rich_help_panel=PANEL
    ),
]
MemoryLimit = Annotated[
    str | None,
    typer.Option(metavar="SIZE", help="Memory of all workers, such as 8G.", rich_help_panel=PANEL),
]
Thresholds = Annotated[
    ThresholdMode,
    typer.Option(
        "--threshold-mode",
        help="global: one threshold for the image; auto: one per block.",
        rich_help_panel=PANEL,
    ),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Continue an existing session.", rich_help_panel=PANEL),
]
