"""The worker for blocked tracing: settings, task files, a session, `run`."""

import json
from pathlib import Path
from typing import Any, ClassVar

from zimg._errors import ZException
from zimg._progress import Cancel, Progress
from zimg.blocked import BlockedTracer
from zimg.blocked.session import refuse_reference_session
from zimg.image.volume import z_to_xy_ratio
from zimg.io.source import ZImgSource
from zimg.values import ZImgInfo
from zimg.workers import checks
from zimg.workers.autotrace import ZNeutubeAutoTrace
from zimg.workers.image_worker import ImageWorker
from zimg.workers.logs import log, logging_to
from zimg.workers.read_volume import read_info
from zimg.workers.settings import Setting, stores
from zimg.workers.task_sources import source_to_json


class ZNeutubeBlockedAutoTrace(ZNeutubeAutoTrace):
    """Trace an image that does not fit in memory, block by block, in a session that can be resumed.

    Setters only store values; `run` processes the unfinished blocks of the session and writes the
    tree as an SWC file. Unlike in the reference, blocks may have any size and run on any executor,
    thresholds apply to the whole image, and the result does not depend on the order of blocks, on
    workers or on interruptions.

    Examples
    --------
    >>> worker = zimg.ZNeutubeBlockedAutoTrace()
    >>> worker.setInputImageSource(zimg.ZImgSource("large_signal.ome.zarr"))
    >>> worker.setTraceConfig(zimg.neutube_json.TRACE_CONFIG)
    >>> worker.setSignalDownsampleRatio([2, 2, 1])
    >>> worker.setOutputSessionDir("large_signal.session")
    >>> worker.setOutputSwcPath("large_signal.swc")
    >>> worker.run(executor=4)
    """

    work: ClassVar[str] = "Blocked auto trace"
    settings: ClassVar[tuple[Setting, ...]] = (
        *ZNeutubeAutoTrace.settings,
        Setting("dataset_id", checks.text, optional=True),
        Setting("output_session_dir", checks.text, ""),
        Setting("block_core_size", checks.positive, optional=True),
        Setting("block_core_x", checks.positive, optional=True),
        Setting("block_core_y", checks.positive, optional=True),
        Setting("block_core_z", checks.positive, optional=True),
        Setting("block_halo", checks.not_negative, optional=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._signal_info: ZImgInfo | None = None

    @stores("output_session_dir")
    def setOutputSessionDir(self, dirname: str) -> None:
        """Set the folder of the session.

        Parameters
        ----------
        dirname
            Created if missing; a session with the same settings in it is resumed.

        Raises
        ------
        TypeError
            If the value is neither a string nor a path.
        """

    def outputSessionDir(self) -> str:
        """Return the folder of the session.

        Returns
        -------
        str
            Value of `setOutputSessionDir`; initially empty.
        """
        return str(self.values["output_session_dir"])

    def setBlockCoreSize(self, voxels: int) -> None:
        """Set the size of blocks along all axes.

        Parameters
        ----------
        voxels
            Size without the halo; 512 by default.

        Raises
        ------
        TypeError, ValueError
            If the value is not an integer, or below 1.
        """
        size = checks.positive("voxels", voxels)
        self.values |= dict.fromkeys(("block_core_x", "block_core_y", "block_core_z"))
        self.values["block_core_size"] = size

    def setBlockCoreSizeXYZ(self, coreX: int, coreY: int, coreZ: int) -> None:
        """Set the size of blocks along each axis.

        Parameters
        ----------
        coreX, coreY, coreZ
            In voxels, without the halo.

        Raises
        ------
        TypeError, ValueError
            If a value is not an integer, or below 1.
        """
        given = {"coreX": coreX, "coreY": coreY, "coreZ": coreZ}
        sizes = {name: checks.positive(name, value) for name, value in given.items()}
        self.values["block_core_size"] = None
        self.values |= {f"block_core_{name[-1].lower()}": size for name, size in sizes.items()}

    @stores("block_halo")
    def setBlockHalo(self, voxels: int) -> None:
        """Set the margin that blocks read around their core.

        Parameters
        ----------
        voxels
            64 by default; `run` refuses less than 32.

        Raises
        ------
        TypeError, ValueError
            If the value is not an integer, or negative.
        """

    @stores("dataset_id")
    def setDatasetId(self, datasetId: str) -> None:
        """Set the name of the image in the session.

        Parameters
        ----------
        datasetId
            Stored in the session and compared on resuming; by default derived from the source.

        Raises
        ------
        TypeError
            If the value is not a string.
        """

    def setSignalInfo(self, imgInfo: ZImgInfo) -> None:
        """Set the voxel size, instead of that of the source.

        Parameters
        ----------
        imgInfo
            The voxel size is used; `run` compares the other sizes with those of the source.

        Raises
        ------
        TypeError
            If the value is not a `ZImgInfo`.
        """
        if not isinstance(imgInfo, ZImgInfo):
            raise TypeError(f"imgInfo must be a ZImgInfo, not {imgInfo!r}")
        self._signal_info = imgInfo.copy()

    def run(
        self,
        executor: Any = None,
        *,
        processes: bool = False,
        max_in_flight: int | None = None,
        memory_limit: float | None = None,
        progress: Progress = None,
        cancel: Cancel | None = None,
    ) -> None:
        """Trace the unfinished blocks of the session, and write the tree.

        `hasResult` is False until the tree is written. If nothing is found, the run ends normally,
        a warning is logged, and an existing file at the output path is kept.

        Parameters
        ----------
        executor, processes, max_in_flight, memory_limit, progress, cancel
            As in `BlockedTracer`: None for the calling thread, a number of threads or processes, an
            executor of `concurrent.futures`, or a Dask client.

        Raises
        ------
        ZException
            If session, input or output is missing or unusable, the session belongs to another task
            or is in use, or some blocks fail; the session can then be resumed.
        ValueError, TypeError
            If blocks, executor or configuration are invalid.
        """
        self._has_result = False
        with logging_to(self.values["log_file"]):
            self._check_session_dir()
            self._check_ratio()
            source, output = self._input(), self._output()
            self._check_info(source)
            tracer = BlockedTracer(
                source,
                self.values["output_session_dir"],
                channel=self.values["selected_channel"],
                time=self.values["selected_time"],
                z_to_xy=self._z_to_xy(source),
                downsample=self.values["signal_downsample_ratio"],
                overrides=self._config(),
                mode=self.values["mode"] or "reference",
                resample=self.values["do_resample_after_tracing"],
                dataset_id=self.values["dataset_id"] or "",
                executor=executor,
                processes=processes,
                max_in_flight=max_in_flight,
                memory_limit=memory_limit,
                progress=progress,
                cancel=cancel,
                **self._blocks(),
            )
            log.info("Blocked auto trace: %s", json.dumps(tracer.manifest()))
            found = tracer.run()
            if self._keep(found.tree, output):
                log.info("Blocked auto trace: %s in %s", dict(found.summary), output)

    def to_task(self) -> dict[str, Any]:
        """Return the content of the task file, with the ratio and the name that a run would use.

        Returns
        -------
        dict
            JSON values by key.

        Raises
        ------
        ZException
            If neither an image nor its info is set, or the image cannot be read.
        """
        source = self.values["input_image_source"]
        if source is None and self._signal_info is None:
            raise ZException(
                "Blocked auto trace: missing/empty signal info and no input image source "
                "configured."
            )
        task = ImageWorker.to_task(self)
        if task["z_scale"] is None:
            task["z_scale"] = self._z_to_xy(source)
        if source is not None:
            text = json.dumps(source_to_json(source), separators=(",", ":"))
            task.setdefault("dataset_id", text)
        return task

    def _check_session_dir(self) -> None:
        folder = self.values["output_session_dir"]
        if not folder.strip():
            raise ZException("Blocked auto trace: output session dir is empty.")
        refuse_reference_session(Path(folder))

    def _check_ratio(self) -> None:
        x, y, z = self.values["signal_downsample_ratio"]
        if x != y:
            raise ZException(
                f"Blocked auto trace: XY downsample ratio must be uniform, got ratio=[{x},{y},{z}]."
            )

    def _check_info(self, source: ZImgSource) -> None:
        """Check that the stated sizes are those of the source."""
        if self._signal_info is None:
            return
        stated, found = (tuple(i.size)[:3] for i in (self._signal_info, read_info(source)))
        if stated != found:
            raise ZException(
                f"Blocked auto trace: the signal info has {stated} voxels along x, y, z, but "
                f"{source.filenames[0]} has {found}"
            )

    def _blocks(self) -> dict[str, Any]:
        """Options of the blocks."""
        sizes = [self.values[f"block_core_{axis}"] for axis in "xyz"]
        core = self.values["block_core_size"]
        if core is None and None not in sizes:
            core = tuple(sizes)
        found = {"core": core, "halo": self.values["block_halo"]}
        return {name: value for name, value in found.items() if value is not None}

    def _z_to_xy(self, source: ZImgSource | None) -> float:
        given: float | None = self.values["z_scale"]
        if given is not None:
            return given
        info = self._signal_info
        if info is None:
            assert source is not None
            info = read_info(source)
        return z_to_xy_ratio(info, self.values["signal_downsample_ratio"])
