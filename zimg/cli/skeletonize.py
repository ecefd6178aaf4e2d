"""``zimg skeletonize``: read a mask or labels, skeletonize, write, preview, report."""

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from zimg.image.volume import z_to_xy_ratio
from zimg.io.source import ZImgSource
from zimg.kernels.widen import widened
from zimg.ops import to_host
from zimg.skeletons.automatic import skeletonize
from zimg.skeletons.labels import LabelSearch
from zimg.skeletons.options import SkeletonizeConfig, resolve_options
from zimg.skeletons.voxels import Radius
from zimg.swc import ZSwc
from zimg.swc.sheets import contact_sheet
from zimg.values import ZImgInfo
from zimg.workers.output import write_tree
from zimg.workers.read_volume import read_channel, read_info

EVERY = "all"


@dataclass(frozen=True)
class SkeletonizeJob:
    """Arguments of one call."""

    file: Path
    output: Path
    channel: int
    time: int
    scene: int
    config: str | None
    downsample: tuple[int, int, int] | None
    level: float | None
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
    sheet: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """Result of one call, printed as a JSON object.

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
    """Skeletonize one file; arguments are checked before the image is read."""
    began = perf_counter()
    options = _options(job)
    _check_label(job)
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
    drawn: dict[str, ZSwc] = {}
    tally = Tally()
    for path, tree in _trees(job, volume, options, info, progress=progress):
        if job.label == EVERY and not len(tree):
            continue  # empty trees are not written
        written = tree.to_um(info) if job.in_um else tree
        write_tree(written, path)
        tally.add(written)
        if job.preview is not None or job.sheet is not None:
            drawn[path.stem] = tree
    if job.preview is not None:
        ratio = z_to_xy_ratio(info)
        write_preview(job.preview, volume, ZSwc.concatenate(drawn.values()), z_to_xy=ratio)
    if job.sheet is not None and drawn:
        job.sheet.absolute().parent.mkdir(parents=True, exist_ok=True)
        contact_sheet(drawn, labels=volume, output=job.sheet)
    return _outcome(job, tally, seconds=perf_counter() - began)


@dataclass
class Tally:
    """Totals of the written files: files, nodes, trees and length."""

    files: int = 0
    nodes: int = 0
    trees: int = 0
    length: float = 0.0

    def add(self, tree: ZSwc) -> None:
        """Count a file."""
        self.files += 1
        self.nodes += len(tree)
        self.trees += len(tree.roots)
        self.length += tree.total_length()


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
    for picture in (job.preview, job.sheet):
        if picture is not None:
            check_output(picture, PNG, inputs=inputs, overwrite=job.overwrite)


def _options(job: SkeletonizeJob) -> SkeletonizeConfig:
    options = resolve_options(job.config, overrides=job.overrides)
    if job.level is None:
        return options
    if job.label is not None:
        raise ValueError("--threshold (grey values) and --label (labels) exclude each other")
    return replace(options, level=job.level)


def _check_label(job: SkeletonizeJob) -> None:
    """Refuse an invalid label, and options that do not apply to it."""
    text = job.label
    if text == EVERY and job.root is not None:
        raise ValueError("--root applies to a single tree, not to --label all")
    if text != EVERY and job.sheet is not None:
        raise ValueError("--sheet needs --label all")
    if text != EVERY and job.workers > 1:
        raise ValueError("--workers needs --label all")
    if text not in (None, EVERY) and not (text.isdecimal() and int(text) > 0):
        raise ValueError(f"label must be a number from 1, or {EVERY}, not {text!r}")


def _file(job: SkeletonizeJob, label: int) -> Path:
    """Output file of a label."""
    return job.output / f"{label}.swc"


def _trees(
    job: SkeletonizeJob,
    volume: Array,
    options: SkeletonizeConfig,
    info: ZImgInfo,
    *,
    progress: bool,
) -> Iterator[tuple[Path, ZSwc]]:
    """Yield files and their trees as they are finished."""
    if options.resolution is None:
        options = replace(options, resolution=(1.0, z_to_xy_ratio(info)))
    common: dict[str, Any] = {
        "config": options,
        "downsample": job.downsample,
        "radius": job.radius,
    }
    if job.label == EVERY:
        search = LabelSearch.of(volume, workers=job.workers, **common)
        with reporter(progress) as report:
            for label, tree in search.trees(report):
                yield _file(job, label), tree
        return
    if job.label is not None:
        volume = _mask_of(volume, int(job.label), job.file)
    with killed_by_interrupts():
        tree = skeletonize(volume, root=job.root, progress=progress, **common)
    yield job.output, tree


@contextmanager
def killed_by_interrupts() -> Iterator[None]:
    """Let Ctrl-C end the process at once, even in a compiled loop; nothing is written inside."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _require_unit(file: Path, info: ZImgInfo) -> None:
    try:
        info.voxelSizeXInUm()
    except ZException as error:
        raise ZException(f"{file} states no voxel size for --um: {error}") from error


def _mask_of(volume: Array, label: int, file: Path) -> Array:
    """Mask of the voxels equal to `label`."""
    xp = array_namespace(volume)
    values = widened(volume, xp=xp)
    if volume.dtype == xp.uint64 and values.dtype == xp.int64 and label >= 2**63:
        label -= 2**64  # compared by bits
    limits = xp.iinfo(values.dtype) if xp.isdtype(values.dtype, "integral") else None
    mask = xp.zeros_like(values, dtype=xp.bool)
    if limits is None or limits.min <= label <= limits.max:
        mask = values == xp.asarray(label, dtype=values.dtype, device=device(volume))
    if not bool(to_host(xp.any(mask))):
        raise ZException(f"{file} has no label {label % 2**64}")
    return xp.astype(mask, xp.uint8)


def _outcome(job: SkeletonizeJob, tally: Tally, *, seconds: float) -> Outcome:
    return Outcome(
        input=str(job.file),
        output=str(job.output),
        preview=None if job.preview is None else str(job.preview),
        files=tally.files,
        nodes=tally.nodes,
        trees=tally.trees,
        length=tally.length,
        unit="um" if job.in_um else "voxel",
        seconds=seconds,
    )
