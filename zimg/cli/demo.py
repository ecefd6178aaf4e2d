"""``zimg demo``: draw a synthetic neuron, trace it, and compare the two."""

import sys
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from zimg import neutube_json
from zimg._errors import ZException
from zimg._progress import reporter
from zimg.cli.outputs import check_output
from zimg.cli.showing import counted, show
from zimg.image import ZImg, write
from zimg.phantom import Phantom, neuron
from zimg.swc.comparing import compare
from zimg.tracing.automatic import run_mode
from zimg.tracing.config import resolve_config
from zimg.tracing.pipeline import TraceReport
from zimg.values import VoxelSizeUnit, ZImgInfo
from zimg.view import preview, write_png
from zimg.workers.output import write_tree

FILES = ("volume.tif", "gold.swc", "tree.swc", "tree.png")
SHAPE = (28, 128, 128)
"""Small enough for a few seconds."""


@dataclass(frozen=True, slots=True)
class Demonstrated:
    """Files and agreement: the object of ``--json``."""

    volume: str
    truth: str
    trace: str
    picture: str
    nodes: int
    trees: int
    precision: float
    recall: float
    f1: float
    seconds: float


def run_demo(
    folder: Path,
    *,
    overwrite: bool,
    progress: bool,
    as_json: bool = False,
    open_picture: bool = False,
) -> None:
    """Write volume, ground truth, trace and picture to a folder, and print the agreement."""
    began = perf_counter()
    for name in FILES:
        check_output(folder / name, (Path(name).suffix,), inputs=(), overwrite=overwrite)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ZException(f"cannot write to {folder}: {error.strerror}") from error
    phantom = neuron(shape=SHAPE)
    write(folder / "volume.tif", as_image(phantom))
    write_tree(phantom.tree, folder / "gold.swc")
    with reporter(_one_line if progress and sys.stderr.isatty() else None) as report:
        result = run_mode(
            phantom.volume,
            mode="accurate",
            z_to_xy=phantom.z_to_xy,
            downsample_ratio=(1, 1, 1),
            config=resolve_config(neutube_json.TRACE_CONFIG),
            report=report,
        )
    if progress and sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    write_tree(result.tree, folder / "tree.swc")
    picture = preview(phantom.volume, result.tree, z_to_xy=phantom.z_to_xy)
    write_png(folder / "tree.png", picture)
    agreement = compare(result.tree, phantom.tree, voxel_size=(1.0, 1.0, phantom.z_to_xy))
    volume, truth, trace, pictured = (str(folder / name) for name in FILES)
    outcome = Demonstrated(
        volume=volume,
        truth=truth,
        trace=trace,
        picture=pictured,
        nodes=len(result.tree),
        trees=len(result.tree.roots),
        precision=agreement.precision,
        recall=agreement.recall,
        f1=agreement.f1,
        seconds=round(perf_counter() - began, 3),
    )
    lines = [*_lines(outcome, phantom, result), f"{outcome.seconds:.1f} s"]
    show(outcome, "\n".join(lines), as_json=as_json, quiet=False)
    if open_picture:
        webbrowser.open((folder / "tree.png").absolute().as_uri())


def _one_line(stage: str, done: int, total: int | None) -> None:
    """Show the stage on one line of the terminal, each in place of the last one."""
    share = f" {done} of {total}" if total else ""
    sys.stderr.write(f"\r\033[K{stage}{share}")
    sys.stderr.flush()


def _lines(outcome: Demonstrated, phantom: Phantom, result: TraceReport) -> list[str]:
    """Return what was written, and the agreement of trace and ground truth."""
    size = " x ".join(map(str, phantom.volume.shape[::-1]))
    known = counted(node=len(phantom.tree))
    found = counted(seed=result.seeds, chain=result.chains, node=outcome.nodes, tree=outcome.trees)
    return [
        f"volume    {outcome.volume} (x, y, z: {size}; z to xy {phantom.z_to_xy})",
        f"truth     {outcome.truth} ({known})",
        f"trace     {outcome.trace} ({found})",
        f"picture   {outcome.picture}",
        f"agreement precision {outcome.precision:.3f}, recall {outcome.recall:.3f}, "
        f"F1 {outcome.f1:.3f} within 2 voxels",
    ]


def as_image(phantom: Phantom) -> ZImg:
    """Return the volume as an image with its voxel size."""
    info = ZImgInfo(*phantom.volume.shape[::-1])
    info.voxelSizeUnit = VoxelSizeUnit.um
    info.voxelSizeZ = phantom.z_to_xy
    return ZImg(phantom.volume, info, layout="ZYX")
