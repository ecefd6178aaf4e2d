"""``zimg trace --blocked`` and ``zimg session``: large images, block by block, resumable."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from zimg._errors import ZException
from zimg.blocked import BlockedTracer
from zimg.blocked.session import MANIFEST
from zimg.blocked.status import Status, session_status
from zimg.cli.arguments import parse_factors, parse_region, parse_settings
from zimg.cli.outputs import SWC, check_output
from zimg.cli.showing import counted, show
from zimg.cli.voxel_size import require_unit
from zimg.io.source import ZImgSource
from zimg.tracing.accurate import DEFAULTS, AccurateOptions
from zimg.workers.output import write_tree
from zimg.workers.read_volume import read_info

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True)
class BlockOptions:
    """Values of the options of ``--blocked``.

    Attributes
    ----------
    session
        Folder of the session.
    core
        Voxels of a block: one number, ``X,Y,Z`` or ``auto``.
    halo, workers, processes, scheduler, threshold_mode As in `BlockedTracer`; the scheduler is the
    address of a Dask scheduler. memory_limit
        Such as ``8G``.
    resume
        Whether a session that exists is continued.
    """

    session: Path | None
    core: str
    halo: int
    workers: int
    processes: bool
    scheduler: str | None
    memory_limit: str | None
    threshold_mode: str
    resume: bool


@dataclass(frozen=True)
class BlockedOutcome:
    """Result of one call, printed as a JSON object."""

    input: str
    output: str
    session: str
    nodes: int
    trees: int
    length: float
    seconds: float
    summary: Mapping[str, Any]


def trace_file(
    files: Sequence[Path],
    output: Path,
    preview: Path | None,
    *,
    image: tuple[int, int, int],
    region: str,
    z_to_xy: float | None,
    downsample: str,
    config: tuple[str, int, list[str] | None],
    compute: tuple[str, str | None],
    mode: tuple[str, AccurateOptions],
    in_um: bool,
    overwrite: bool,
    blocks: BlockOptions,
    as_json: bool,
    quiet: bool,
) -> None:
    """Trace one file in blocks, write its tree and print what was found.

    Parameters
    ----------
    files, output, preview, region, z_to_xy, downsample, in_um, overwrite, as_json, quiet
        As in the command.
    image
        Channel, time and scene.
    config
        Configuration, level and settings.
    compute
        Framework and device.
    mode
        Mode and options of accurate tracing; all trees are kept by default.
    blocks
        The options of ``--blocked``.
    """
    if len(files) != 1 or preview is not None:
        raise ValueError("--blocked accepts one image and no --preview")
    channel, time, scene = image
    name, level, settings = config
    framework, device = compute
    way, choices = mode
    trees = "all" if choices.trees == DEFAULTS.trees else choices.trees
    box = parse_region(region)
    began = perf_counter()
    check_output(output, SWC, inputs=files, overwrite=overwrite)
    source, folder = ZImgSource(files[0], box, scene), session_of(blocks)
    whole = read_info(ZImgSource(files[0], None, scene))
    if in_um:
        require_unit(files[0], whole)
    with executor_of(blocks) as executor:
        found = BlockedTracer(
            source,
            folder,
            core=core_of(blocks.core),
            halo=blocks.halo,
            channel=channel,
            time=time,
            z_to_xy=z_to_xy,
            downsample=parse_factors(downsample),
            config=name,
            level=level,
            overrides=parse_settings(settings) or None,
            mode=way,
            clutter=choices.clutter,
            trees=trees,
            soma=choices.soma,
            invert=choices.invert,
            threshold_mode=blocks.threshold_mode,
            executor=executor,
            processes=blocks.processes,
            memory_limit=bytes_of(blocks.memory_limit),
            framework=framework,
            device=device,
            progress=not quiet,
        ).run()
    start = box.start
    tree = found.tree.translated((start.x, start.y, start.z))
    write_tree(tree.to_um(whole) if in_um else tree, output)
    outcome = BlockedOutcome(
        input=str(files[0]),
        output=str(output),
        session=str(folder),
        nodes=len(tree),
        trees=len(tree.roots),
        length=tree.total_length(),
        seconds=perf_counter() - began,
        summary=dict(found.summary),
    )
    show(outcome, summary(outcome), as_json=as_json, quiet=quiet)


def session_of(blocks: BlockOptions) -> Path:
    """The session folder; an existing session is continued only on request."""
    if blocks.session is None:
        raise ValueError("--blocked needs --session DIR, the folder that keeps finished blocks")
    if (blocks.session / MANIFEST).exists() and not blocks.resume:
        raise ZException(f"session {blocks.session} exists; --resume continues it")
    return blocks.session


def summary(outcome: BlockedOutcome) -> str:
    """Return what was found in one line."""
    counts = counted(
        block=outcome.summary["blocks"],
        chain=outcome.summary["chains"],
        node=outcome.nodes,
        tree=outcome.trees,
    )
    found = "" if outcome.nodes else " (nothing found)"
    length = f"length {outcome.length:.1f} voxels"
    return f"{outcome.output}: {counts}{found}, {length}, {outcome.seconds:.1f} s"


@contextmanager
def executor_of(blocks: BlockOptions) -> Iterator[Any]:
    """The requested executor; a Dask client is closed at the end."""
    if blocks.scheduler is None:
        yield blocks.workers if blocks.workers > 1 or blocks.processes else None
        return
    try:
        distributed = import_module("distributed")
    except ImportError as error:
        raise ZException(
            'distributed is not installed; pip install "zimg-xp[dask]" adds it'
        ) from error
    try:
        client = distributed.Client(blocks.scheduler)
    except OSError as error:
        raise ZException(f"cannot reach the scheduler {blocks.scheduler}: {error}") from error
    with client:
        yield client


def core_of(text: str) -> int | tuple[int, ...] | str:
    """Parse the option for the block size."""
    if text == "auto":
        return text
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = ()
    if len(sizes) not in (1, 3):
        raise ValueError(f"--core must be a number, X,Y,Z or auto, got {text!r}")
    return sizes[0] if len(sizes) == 1 else sizes


def bytes_of(text: str | None) -> float | None:
    """Parse a number of bytes such as ``8G``; None stays None."""
    if text is None:
        return None
    number, unit = text.upper().removesuffix("B").removesuffix("I"), ""
    if number[-1:] in UNITS and number[-1:]:
        number, unit = number[:-1], number[-1]
    try:
        return float(number) * UNITS[unit]
    except ValueError:
        raise ValueError(
            f"--memory-limit must be a number of bytes such as 8G, got {text!r}"
        ) from None


def show_session(folder: Path, *, as_json: bool) -> None:
    """Print the state of a session."""
    status = session_status(folder)
    show(status, summary_of(status), as_json=as_json, quiet=False)


def summary_of(status: Status) -> str:
    """Describe the state of a session in a few lines."""
    lines = [f"{status.session}: {status.state}", f"  source: {status.source}"]
    for stage, done in status.done.items():
        total = f" of {status.blocks}" if stage == "blocks" else ""
        lines.append(f"  {stage}: {done}{total}")
    lines.append(f"  records: {status.bytes / 2**20:.2f} MiB")
    lines += [f"  failed {key}: {why}" for key, why in status.failures.items()]
    if status.state == "finished":
        lines.append(
            "  "
            + ", ".join(
                f"{name} {value}"
                for name, value in status.summary.items()
                if not isinstance(value, list)
            )
        )
    return "\n".join(lines)
