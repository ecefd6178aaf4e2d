"""`BlockedTracer`: plan, statistics, blocks, stitching, continuation, structure, in one session."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from zimg import neutube_json
from zimg._progress import Cancel, Progress, Reporter, reporter
from zimg._errors import ZException
from zimg.blocked import stages
from zimg.blocked.block import Parameters
from zimg.blocked.plan import DEFAULT_CORE, DEFAULT_HALO, Plan, make_plan
from zimg.blocked.session import ERRORS, RESULT, SUMMARY, Session, base_manifest
from zimg.blocked.source import FileVolume, Volume, volume_source
from zimg.blocked.stats import Thresholds
from zimg.blocked.stitch import Stitcher
from zimg.blocked.structure import Orphan, build_tree
from zimg.blocked.workers import BlockedTraceError, Run, workers_of
from zimg.swc import ZSwc
from zimg.tracing.automatic import z_to_xy_ratio
from zimg.tracing.config import Config, TraceConfig, check_supported, resolve_config

THRESHOLD_MODES = ("global", "fixed", "auto")
UNREADABLE = ("error", "skip")
DEFAULT_ROUNDS = 16


@dataclass(frozen=True)
class BlockedResult:
    """What a run gives.

    Attributes
    ----------
    tree
        Nodes in voxels of the image (relative to the region of the source), radii in voxels of
        x and y. Empty when nothing was found.
    path
        The same tree as an SWC file in the session.
    summary
        Counts: blocks, seeds, chains, links, rounds, open ends left, nodes, trees.
    """

    tree: ZSwc
    path: Path
    summary: Mapping[str, Any] = field(default_factory=dict)


class BlockedTracer:
    """Trace a volume that does not fit in memory, block by block, resumable at any moment.

    Parameters
    ----------
    source
        A `ZImgSource`, a file name, a handle of `zimg.open`, a `ZImg`, or a ``(Z, Y, X)`` array of
        NumPy, Dask or Zarr. Workers open it themselves and read one block at a time.
    session_dir
        Folder of the session: made when missing, resumed when it holds one of the same source and
        options. When processes or other machines work, only this process writes there.
    core, halo
        Voxels that a block owns along each axis (one number, or x, y, z; or ``"auto"`` with
        `memory_limit`), and what it reads around them, in voxels of x and y.
    channel, time
        Which ones of an image.
    z_to_xy
        Size of a voxel in z over that in x and y, after `downsample`; None takes the image's.
    downsample
        Factors x, y, z; read from a stored level that has them, otherwise computed per block.
    config, level, overrides, resample
        As of `zimg.trace`.
    mode
        ``"reference"``, as of `zimg.trace`.
    threshold_mode
        ``"global"``: one background and one threshold for the volume. ``"fixed"``: those given.
        ``"auto"``: those of each block by itself, the rule of the reference, for comparison; the
        result then depends on the blocks.
    background, threshold, smallest
        For ``"fixed"``: what is subtracted, what foreground exceeds after that, and the voxels that
        an object needs.
    orphan
        Which short trees are removed: None none, a length, or ``"reference"``, the rule of
        `zimg.trace`.
    executor
        None for this thread; a number of threads; an executor of `concurrent.futures`; or a Dask
        client.
    processes
        Whether a number means processes; the script then needs ``if __name__ == "__main__":``.
    max_in_flight
        Blocks under way at a time.
    memory_limit
        Bytes that all workers may use together; checked before the work.
    framework, device
        Where kernels run; ``"cuda:{worker}"`` or a callable gives each worker its own device.
    dtype
        Precision of the kernels.
    retries
        Further tries after a failure that may pass, such as one of the network or of a worker.
    on_unreadable
        ``"error"``, or ``"skip"``: blocks that cannot be read are left out and listed.
    fail_fast
        Whether the first failure ends the run; otherwise all other blocks are done first.
    max_rounds
        Rounds of continuation at most.
    progress, cancel
        As of `zimg.trace`; what is done stays in the session.

    Examples
    --------
    >>> tracer = BlockedTracer("brain.ome.zarr", "brain.session", executor=4)
    >>> tracer.run().tree.save("brain.swc")
    """

    def __init__(
        self,
        source: Any,
        session_dir: str | os.PathLike[str],
        *,
        core: int | Sequence[int] | str = DEFAULT_CORE,
        halo: int = DEFAULT_HALO,
        channel: int = 0,
        time: int = 0,
        z_to_xy: float | None = None,
        downsample: Sequence[int] = (1, 1, 1),
        config: Config = None,
        level: int = 0,
        overrides: TraceConfig | Mapping[str, Any] | None = None,
        resample: bool = True,
        mode: str = "reference",
        threshold_mode: str = "global",
        background: float | None = None,
        threshold: float | None = None,
        smallest: int = 0,
        orphan: Orphan = None,
        executor: Any = None,
        processes: bool = False,
        max_in_flight: int | None = None,
        memory_limit: float | None = None,
        framework: str = "numpy",
        device: str | Callable[[int], str] | None = None,
        dtype: str = "float32",
        retries: int = 3,
        on_unreadable: str = "error",
        fail_fast: bool = False,
        max_rounds: int = DEFAULT_ROUNDS,
        progress: Progress = None,
        cancel: Cancel | None = None,
    ) -> None:
        stages.one_of("mode", mode, ("reference",))
        stages.one_of("threshold_mode", threshold_mode, THRESHOLD_MODES)
        stages.one_of("on_unreadable", on_unreadable, UNREADABLE)
        stages.one_of("dtype", dtype, ("float32", "float64"))
        preset = neutube_json.TRACE_CONFIG if config is None else config
        self.config = resolve_config(preset, level=level, overrides=overrides)
        check_supported(self.config)
        self.fixed = _fixed(threshold_mode, background, threshold, smallest)
        self.volume = volume_source(source, channel=channel, time=time, downsample=downsample)
        self.workers = workers_of(executor, processes=processes, max_in_flight=max_in_flight)
        if not (self.workers.local or self.volume.portable):
            raise ValueError(
                "an array in memory is not sent to other processes; save it (OME-Zarr, TIFF) and "
                "pass the file, or use threads"
            )
        self.z_to_xy = _ratio(self.volume, z_to_xy)
        self.plan = make_plan(
            self.volume.shape,
            core=core,
            halo=halo,
            z_to_xy=self.z_to_xy,
            memory_limit=memory_limit,
            workers=self.workers.window,
            itemsize=self.volume.dtype.itemsize,
        )
        self.channel, self.time = channel, time
        self.session_dir = Path(session_dir)
        self.mode, self.threshold_mode, self.resample, self.orphan = (
            mode, threshold_mode, resample, orphan
        )  # fmt: skip
        self.parameters = Parameters(
            self.volume.shape, self.z_to_xy, self.config, dtype, framework, device
        )
        self.retries, self.on_unreadable, self.fail_fast = retries, on_unreadable, fail_fast
        self.max_rounds = max_rounds
        self._progress, self._cancel = progress, cancel

    def manifest(self) -> dict[str, Any]:
        """What the session is about: everything that the result depends on."""
        plan = self.plan
        return base_manifest("trace") | {
            "source": self.volume.identity(),
            "fingerprint": self.volume.fingerprint(),
            "channel": self.channel,
            "time": self.time,
            "downsample": list(self.volume.factors),
            "z_to_xy": self.z_to_xy,
            "plan": {
                "shape": list(plan.shape), "core": list(plan.core), "halo": list(plan.halo)
            },
            "blocks": len(plan),
            "config": asdict(self.config),
            "mode": self.mode,
            "threshold_mode": self.threshold_mode,
            "fixed": None if self.fixed is None else asdict(self.fixed),
            "resample": self.resample,
            "orphan": self.orphan,
            "max_rounds": self.max_rounds,
            "on_unreadable": self.on_unreadable,
            "framework": self.parameters.framework,
            "dtype": self.parameters.dtype,
        }  # fmt: skip

    def run(self) -> BlockedResult:
        """Do what the session has not done yet, and write the tree.

        Returns
        -------
        BlockedResult
            A function of the manifest alone: the same bytes whatever the workers, the order of
            completion, retries and interruptions were.

        Raises
        ------
        BlockedTraceError
            When some blocks failed; the others are done, and the next run repeats the failed ones.
        SessionMismatchError, SessionVersionError, SessionLockedError
            When the session is of something else, or in use.
        ZCancellationException
            When `cancel` was set.
        """
        session = Session(self.session_dir, self.manifest())
        with session.opened(), reporter(self._progress, self._cancel) as report:
            with self.workers.running():
                run = Run(
                    self.workers,
                    retries=self.retries,
                    fail_fast=self.fail_fast,
                    cancel=self._cancel,
                    report=report,
                    log=session.log,
                )
                session.remove(ERRORS)
                try:
                    return self._run(session, run, report)
                except BlockedTraceError as error:
                    failed = {key: str(why) for key, why in error.failures.items()}
                    session.replace(ERRORS, json.dumps(failed, indent=2).encode() + b"\n")
                    raise

    def _run(self, session: Session, run: Run, report: Reporter) -> BlockedResult:
        work = stages.Work(self.volume, self.plan, self.parameters, session, run, report)
        thresholds = self.fixed
        if self.threshold_mode == "global":
            thresholds = stages.find_thresholds(work)
        pieces, seeds, skipped = stages.trace_blocks(
            work, thresholds, skip_unreadable=self.on_unreadable == "skip"
        )
        report.stage("stitch")
        stitcher = Stitcher(
            pieces, self.plan, z_to_xy=self.z_to_xy, low_score=self.config.minAutoScore
        )
        rounds = stages.continue_rounds(work, stitcher, thresholds, self.max_rounds, skipped)
        report.stage("build tree")
        chains, links = stitcher.result()
        tree = build_tree(
            chains,
            links,
            volume=self.volume,
            thresholds=thresholds or Thresholds(0.0, None, 0),
            config=self.config,
            z_to_xy=self.z_to_xy,
            resample=self.resample,
            orphan=self.orphan,
        )
        tree = stages.in_image_voxels(tree, self.volume)
        summary = {
            "blocks": len(self.plan),
            "skipped": sorted(skipped),
            "seeds": seeds,
            "chains": len(chains),
            "links": len(links),
            "rounds": rounds,
            "open_ends": len(stitcher.open_ends()),
            "nodes": len(tree),
            "trees": len(tree.roots),
        }
        path = stages.write_result(session, tree, summary)
        return BlockedResult(tree, path, summary)


def _fixed(
    mode: str, background: float | None, threshold: float | None, smallest: int
) -> Thresholds | None:
    if mode != "fixed":
        if background is not None or threshold is not None or smallest:
            raise ValueError(
                "background, threshold and smallest are for threshold_mode='fixed', got "
                f"threshold_mode={mode!r}"
            )
        return None
    if threshold is None:
        raise ValueError("threshold_mode='fixed' needs a threshold")
    return Thresholds(float(background or 0.0), float(threshold), int(smallest))


def _ratio(volume: Volume, given: float | None) -> float:
    if given is None:
        known = isinstance(volume, FileVolume)
        return z_to_xy_ratio(volume.info, volume.factors) if known else 1.0
    if not 0 < given < float("inf"):
        raise ValueError(f"z_to_xy must be a finite number above 0, got {given!r}")
    return float(given)


__all__ = ["RESULT", "SUMMARY", "BlockedResult", "BlockedTracer", "ZException"]
