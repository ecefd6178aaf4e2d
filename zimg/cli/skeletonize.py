"""``zimg skeletonize``: read a mask or labels, find centre lines, write, draw, tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from zimg._dispatch import array_namespace, device
from zimg._errors import ZException
from zimg._progress import reporter
from zimg._typing import Array, ArrayFramework
from zimg.cli.arguments import require_framework
from zimg.cli.outputs import PNG, SWC, check_folder, check_output
from zimg.cli.showing import counted, write_preview
from zimg.io.source import ZImgSource
from zimg.kernels.widen import widened
from zimg.ops import to_host
from zimg.skeletons.automatic import skeletonize
from zimg.skeletons.labels import skeletonize_labels
from zimg.skeletons.options import SkeletonizeConfig, resolve_options
from zimg.skeletons.pipeline import Radius
from zimg.swc import ZSwc
from zimg.tracing.automatic import z_to_xy_ratio
from zimg.values import ZImgInfo
from zimg.workers.output import write_tree
from zimg.workers.volume import read_channel, read_info

EVERY = "all"


@dataclass(frozen=True)
class SkeletonizeJob:
    """What one call of the command asks for."""

    file: Path
    output: Path
    channel: int
    time: int
    scene: int
    config: str | None
    downsample: tuple[int, int, int] | None
    level: int | None
    label: str | None
    root: tuple[float, float, float] | None
    radius: Radius
    workers: int
    in_um: bool
    framework: ArrayFramework
    device: str | None
    preview: Path | None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    overwrite: bool = False


@dataclass(frozen=True)
class Outcome:
    """What one call of the command did; the JSON object that it prints.

    `files` are the trees written; `length` is in `unit`, `seconds` are of the whole call.
    """

    input: str
    output: str
    preview: str | None
    files: int
    nodes: int
    trees: int
    length: float
    unit: str
    seconds: float


def run_job(job: SkeletonizeJob, *, progress: bool) -> Outcome:
    """Skeletonize one file; whatever can be refused is refused before the image is read."""
    began = perf_counter()
    options, label = _options(job), _label(job)
    require_framework(job.framework)
    _check_outputs(job)
    source = ZImgSource(job.file, scene=job.scene)
    info = read_info(source)
    if job.in_um:
        _require_unit(job.file, info)
    with reporter(progress) as report:
        report.stage("read")
        volume = read_channel(
            source, job.channel, job.time, framework=job.framework, device=job.device
        )
    if label not in (None, EVERY):
        volume = _mask_of(volume, int(label), job.file)
    found = _trees(job, volume, options, progress=progress)
    written = {path: tree.to_um(info) if job.in_um else tree for path, tree in found.items()}
    for path, tree in written.items():
        write_tree(tree, path)
    if job.preview is not None:
        drawn = ZSwc.concatenate(found.values())
        write_preview(job.preview, volume, drawn, z_to_xy=z_to_xy_ratio(info))
    return _outcome(job, list(written.values()), seconds=perf_counter() - began)


def summary(outcome: Outcome) -> str:
    """Return what was found in one line."""
    counts = counted(node=outcome.nodes, tree=outcome.trees)
    files = "" if outcome.files == 1 else counted(file=outcome.files) + ", "
    found = "" if outcome.nodes else " (nothing found)"
    unit = "um" if outcome.unit == "um" else "voxels"
    length = f"length {outcome.length:.1f} {unit}"
    return f"{outcome.output}: {files}{counts}{found}, {length}, {outcome.seconds:.1f} s"


def _check_outputs(job: SkeletonizeJob) -> None:
    inputs = [job.file] if job.config is None else [job.file, Path(job.config)]
    if job.label == EVERY:
        check_folder(job.output, SWC[0], inputs=inputs, overwrite=job.overwrite)
    else:
        check_output(job.output, SWC, inputs=inputs, overwrite=job.overwrite)
    if job.preview is not None:
        check_output(job.preview, PNG, inputs=inputs, overwrite=job.overwrite)


def _options(job: SkeletonizeJob) -> SkeletonizeConfig:
    options = resolve_options(job.config, overrides=job.overrides)
    if job.level is None:
        return options
    if job.label is not None:
        raise ValueError("threshold is for grey values and label for labels; give one of them")
    return replace(options, level=job.level)


def _label(job: SkeletonizeJob) -> str | None:
    """A number, or all of them, or None where labels are not told apart."""
    text = job.label
    if text == EVERY and job.root is not None:
        raise ValueError("root is for one tree; give it with one label, not with all")
    if text != EVERY and job.workers > 1:
        raise ValueError("workers share labels; give them with label all")
    if text in (None, EVERY):
        return text
    if not (text.isdecimal() and int(text) > 0):
        raise ValueError(f"label must be a number from 1, or {EVERY}, not {text!r}")
    return text


def _file(job: SkeletonizeJob, label: int) -> Path:
    """Where the tree of one of all labels goes."""
    return job.output / f"{label}.swc"


def _trees(
    job: SkeletonizeJob, volume: Array, options: SkeletonizeConfig, *, progress: bool
) -> dict[Path, ZSwc]:
    """The trees by the files that they go to."""
    common: dict[str, Any] = {
        "config": options,
        "downsample": job.downsample,
        "radius": job.radius,
        "progress": progress,
    }
    if job.label == EVERY:
        bodies = skeletonize_labels(volume, workers=job.workers, **common)
        return {_file(job, label): tree for label, tree in bodies.items()}
    return {job.output: skeletonize(volume, root=job.root, **common)}


def _require_unit(file: Path, info: ZImgInfo) -> None:
    try:
        info.voxelSizeXInUm()
    except ZException as error:
        raise ZException(f"{file} states no voxel size for --um: {error}") from error


def _mask_of(volume: Array, label: int, file: Path) -> Array:
    """Where the volume is `label`."""
    xp = array_namespace(volume)
    values = widened(volume, xp=xp)
    mask = values == xp.asarray(label, dtype=values.dtype, device=device(volume))
    if not bool(to_host(xp.any(mask))):
        raise ZException(f"{file} has no label {label}")
    return xp.astype(mask, xp.uint8)


def _outcome(job: SkeletonizeJob, trees: list[ZSwc], *, seconds: float) -> Outcome:
    return Outcome(
        input=str(job.file),
        output=str(job.output),
        preview=None if job.preview is None else str(job.preview),
        files=len(trees),
        nodes=sum(map(len, trees)),
        trees=sum(len(tree.roots) for tree in trees),
        length=sum(tree.total_length() for tree in trees),
        unit="um" if job.in_um else "voxel",
        seconds=seconds,
    )
