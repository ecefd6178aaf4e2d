"""`BlockedTracer`: plan, statistics, blocks, stitching, continuation and trees in one session."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from zimg import neutube_json
from zimg._progress import Cancel, Progress, reporter
from zimg.blocked import stages
from zimg.blocked.executors import workers_of
from zimg.blocked.file_volume import FileVolume
from zimg.blocked.opening import volume_source
from zimg.blocked.parameters import Parameters
from zimg.blocked.pipeline import BlockedResult, Settings, trace_session
from zimg.blocked.plan import DEFAULT_CORE, DEFAULT_HALO, make_plan
from zimg.blocked.session import ERRORS, Session
from zimg.blocked.source import Volume
from zimg.blocked.stats import Thresholds
from zimg.blocked.tasks import BlockedTraceError, Run
from zimg.blocked.trees import Orphan
from zimg.image.volume import z_to_xy_ratio
from zimg.tracing.accurate import AccurateOptions
from zimg.tracing.automatic import check_mode
from zimg.tracing.config import Config, TraceConfig, check_config, resolve_config

THRESHOLD_MODES = ("global", "fixed", "auto")
UNREADABLE = ("error", "skip")
DEFAULT_ROUNDS = 16


class BlockedTracer:
    """Trace a volume larger than memory block by block; runs can be resumed.

    Parameters
    ----------
    source
        A `ZImgSource`, a file name, a handle of `zimg.open`, a `ZImg`, a ``(Z, Y, X)`` array of
        NumPy, Dask or Zarr, or an object with the interface of `zimg.blocked.source.Volume`.
        Workers open it themselves and read one block at a time.
    session_dir
        Folder of the session: created if missing, resumed if it belongs to the same source and
        options. Only this process writes to it, also with processes or remote workers.
    core, halo
        Voxels of the core of a block along each axis (one number, or x, y, z; or ``"auto"`` with
        `memory_limit`), and of the halo read around it, in voxels of x and y.
    channel, time
        Channel and time of the image, from 0.
    z_to_xy
        Size of a voxel in z over that in x and y, after `downsample`; None for that of the image.
    downsample
        Factors x, y, z; read from a stored level with these factors if there is one, otherwise
        computed per block.
    config, level, overrides, resample
        As of `zimg.trace`.
    mode, clutter, soma, invert
        As of `zimg.trace`. Noise, thresholds and inversion are decided for the whole volume,
        clutter over the chains of all blocks.
    trees
        As of `zimg.trace`, but all trees are kept by default, as large volumes hold many neurons.
    threshold_mode
        For ``mode="reference"``. ``"global"``: one background and one threshold for the volume.
        ``"fixed"``: those given.
        ``"auto"``: those of each block, as the reference does, for comparison; the result then
        depends on the blocks.
    background, threshold, smallest
        For ``"fixed"``: background, threshold after its subtraction, and smallest number of voxels
        of an object.
    orphan
        For ``mode="reference"``: removal of short trees: None for no removal, a length, or
        ``"reference"`` for the rule of `zimg.trace`.
    executor
        None for this thread; a number of threads; an executor of `concurrent.futures`; or a Dask
        client.
    processes
        Whether a number means processes; the script then needs ``if __name__ == "__main__":``.
    max_in_flight
        Largest number of blocks in flight.
    memory_limit
        Bytes that all workers may use together; checked before the run.
    framework, device
        Framework and device of the kernels; ``"cuda:{worker}"`` or a callable assigns a device to
        each worker.
    dtype
        Precision of the kernels.
    retries
        Number of retries after temporary failures, such as those of the network or of a worker.
    on_unreadable
        ``"error"``, or ``"skip"`` to leave out and list blocks that cannot be read.
    fail_fast
        Whether the first failure ends the run; otherwise all other blocks are finished first.
    max_rounds
        Largest number of rounds of continuation.
    dataset_id
        Name of the data, stored in the session and compared.
    progress, cancel
        As of `zimg.trace`; finished tasks stay in the session.

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
        mode: str = "accurate",
        clutter: str = "split",
        trees: str = "all",
        soma: bool = True,
        invert: bool = False,
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
        dataset_id: str = "",
        progress: Progress = None,
        cancel: Cancel | None = None,
    ) -> None:
        choices = AccurateOptions(clutter=clutter, trees=trees, soma=soma, invert=invert)
        plain = mode == "reference" and trees == "all"  # reference mode has no choice of trees
        check_mode(mode, replace(choices, trees="relative") if plain else choices)
        stages.one_of("threshold_mode", threshold_mode, THRESHOLD_MODES)
        stages.one_of("on_unreadable", on_unreadable, UNREADABLE)
        stages.one_of("dtype", dtype, ("float32", "float64"))
        preset = neutube_json.TRACE_CONFIG if config is None else config
        options = resolve_config(preset, level=level, overrides=overrides)
        check_config(options)
        if options.enhanceMask and threshold_mode == "fixed":
            raise ValueError(
                "threshold_mode='fixed' gives no threshold for enhanceMask; use 'global'"
            )
        if mode == "accurate" and (threshold_mode != "global" or orphan is not None):
            raise ValueError("threshold_mode and orphan are for mode='reference'")
        fixed = _fixed(threshold_mode, background, threshold, smallest)
        volume = volume_source(source, channel=channel, time=time, downsample=downsample)
        self.workers = workers_of(executor, processes=processes, max_in_flight=max_in_flight)
        if not (self.workers.local or volume.portable):
            raise ValueError(
                "an array in memory is not sent to other processes; save it (OME-Zarr, TIFF) and "
                "pass the file, or use threads"
            )
        ratio = _ratio(volume, z_to_xy)
        plan = make_plan(
            volume.shape,
            core=core,
            halo=halo,
            z_to_xy=ratio,
            memory_limit=memory_limit,
            workers=self.workers.window,
            itemsize=volume.dtype.itemsize,
        )
        parameters = Parameters(volume.shape, ratio, options, dtype, framework, device)
        self.settings = Settings(
            volume, plan, parameters, channel, time, mode, threshold_mode, fixed, resample,
            orphan, max_rounds, on_unreadable, dataset_id, choices,
        )  # fmt: skip
        self.session_dir = Path(session_dir)
        self.retries, self.fail_fast = retries, fail_fast
        self._progress, self._cancel = progress, cancel

    def manifest(self) -> dict[str, Any]:
        """Describe the session.

        Returns
        -------
        dict
            JSON values: source, options and versions on which the result depends.

        Raises
        ------
        OSError
            If a file of the source cannot be read.
        """
        return self.settings.manifest()

    def run(self) -> BlockedResult:
        """Run the tasks that the session lacks and write the tree.

        Returns
        -------
        BlockedResult
            Depends on the manifest only, not on workers, order of completion, retries or
            interruptions.

        Raises
        ------
        BlockedTraceError
            If blocks failed; the others are finished, and the next run repeats the failed ones.
        SessionMismatchError, SessionVersionError, SessionLockedError
            If the session belongs to another run or is in use.
        ZCancellationException
            If `cancel` was set.
        """
        session = Session(self.session_dir, self.manifest())
        with (
            session.opened(),
            reporter(self._progress, self._cancel) as report,
            self.workers.running(),
        ):
            run = Run(
                self.workers,
                retries=self.retries,
                fail_fast=self.fail_fast,
                cancel=self._cancel,
                report=report,
                log=session.log,
            )
            settings = self.settings
            work = stages.Work(
                settings.volume, settings.plan, settings.parameters, session, run, report
            )
            with reported_failures(session):
                return trace_session(settings, work)


@contextmanager
def reported_failures(session: Session) -> Iterator[None]:
    """Store failures in the session until a run without failures."""
    session.remove(ERRORS)
    try:
        yield
    except BlockedTraceError as error:
        failed = {key: str(why) for key, why in error.failures.items()}
        session.replace(ERRORS, json.dumps(failed, indent=2).encode() + b"\n")
        raise


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
        if not isinstance(volume, FileVolume):
            return 1.0
        return z_to_xy_ratio(volume.info, volume.factors)
    if not 0 < given < float("inf"):
        raise ValueError(f"z_to_xy must be a finite number above 0, got {given!r}")
    return float(given)
