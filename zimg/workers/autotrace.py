"""The worker for automatic tracing: settings, task files, `run`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from zimg._errors import ZException
from zimg._progress import Cancel, Progress, reporter
from zimg._typing import Array
from zimg.image.volume import z_to_xy_ratio
from zimg.io.source import ZImgSource
from zimg.tracing.automatic import run_mode
from zimg.tracing.config import TraceConfig, check_config, resolve_config
from zimg.workers import checks
from zimg.workers.image_worker import INPUT, LOG_FILE, OUTPUT, ImageWorker
from zimg.workers.logs import log, logging_to
from zimg.workers.read_volume import read_channel, read_info
from zimg.workers.settings import Setting, stores


class ZNeutubeAutoTrace(ImageWorker):
    """Trace one channel and time point of an image and write the tree as an SWC file.

    Setters only store values; `run` reads, traces and writes. Coordinates in the file are voxel
    indices relative to the start of the source's region. Without a configuration the compiled
    defaults of `TraceConfig` apply, not the shipped preset.

    Examples
    --------
    >>> worker = zimg.ZNeutubeAutoTrace()
    >>> worker.setInputImageSource(zimg.ZImgSource("cell.tif"))
    >>> worker.setTraceConfig(zimg.neutube_json.TRACE_CONFIG)
    >>> worker.setOutputSwcPath("cell.swc")
    >>> worker.run()
    """

    work: ClassVar[str] = "Auto Trace"
    settings: ClassVar[tuple[Setting, ...]] = (
        LOG_FILE,
        INPUT,
        Setting("selected_channel", checks.index, 0),
        Setting("selected_time", checks.index, 0),
        Setting("z_scale", checks.ratio),
        Setting("signal_downsample_ratio", checks.three_factors, (1, 1, 1), encode=list),
        Setting("trace_config_path", checks.text, ""),
        Setting("trace_config", checks.json_object, optional=True),
        Setting("trace_level", checks.integer, 0),
        Setting("do_resample_after_tracing", checks.flag, True),
        Setting("doc_has_any_swc", checks.flag, False),
        OUTPUT,
        Setting(
            "algo_overrides",
            checks.trace_config,
            encode=asdict,
            decode=checks.trace_config_from_json,
            optional=True,
        ),
        Setting("mode", checks.trace_mode, optional=True),
    )

    @stores("selected_channel", "selected_time")
    def setSelectedChannelTime(self, channel: int, time: int) -> None:
        """Select the volume to trace; `run` checks that it exists.

        Parameters
        ----------
        channel, time
            Counted from 0, from the start of the source's region.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    @stores("z_scale")
    def setZToXYRatio(self, zToXYRatio: float) -> None:
        """Set the voxel size in z divided by that in x and y.

        Parameters
        ----------
        zToXYRatio
            Ratio after downsampling. By default that of the image.

        Raises
        ------
        TypeError, ValueError
            If the value is not a finite number above 0.
        """

    @stores("signal_downsample_ratio")
    def setSignalDownsampleRatio(self, ratio: Sequence[int]) -> None:
        """Reduce the image before tracing; the tree is scaled back.

        Parameters
        ----------
        ratio
            Three integers of 1 or above, for x, y, z.

        Raises
        ------
        TypeError, ValueError
            For other values.
        """

    @stores("trace_config_path")
    def setTraceConfigPath(self, filename: str) -> None:
        """Set a configuration file.

        Parameters
        ----------
        filename
            JSON file that `run` reads, unless `setTraceConfig` was called.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    @stores("trace_config")
    def setTraceConfig(self, cfg: dict[str, Any]) -> None:
        """Set the configuration.

        Parameters
        ----------
        cfg
            Dictionary such as ``zimg.neutube_json.TRACE_CONFIG``; it is copied.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    def clearTraceConfig(self) -> None:
        """Remove the configuration that `setTraceConfig` set."""
        self.values["trace_config"] = None

    @stores("trace_level")
    def setTraceLevel(self, level: int) -> None:
        """Select a level of the configuration.

        Parameters
        ----------
        level
            0 for none.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    @stores("algo_overrides")
    def setAlgoConfigOverrides(self, cfg: TraceConfig) -> None:
        """Replace **all** options of configuration and level.

        Parameters
        ----------
        cfg
            Options; they are copied.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    def clearAlgoConfigOverrides(self) -> None:
        """Remove the options that `setAlgoConfigOverrides` set."""
        self.values["algo_overrides"] = None

    @stores("do_resample_after_tracing")
    def setDoResampleAfterTracing(self, enabled: bool) -> None:
        """Choose how many nodes the tree keeps.

        Parameters
        ----------
        enabled
            True (the default) for a reduced number of nodes; False for all nodes.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    @stores("doc_has_any_swc")
    def setDocHasAnySwc(self, v: bool) -> None:
        """State whether the image already has a tree.

        Parameters
        ----------
        v
            If True, the recovery step is skipped.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    @stores("mode")
    def setMode(self, mode: str) -> None:
        """Select the mode of tracing, as in `zimg.trace`.

        Parameters
        ----------
        mode
            ``"reference"``, the default, or ``"accurate"``.

        Raises
        ------
        TypeError, ValueError
            If the value is not a string, or another string.
        """

    def run(self, *, progress: Progress = None, cancel: Cancel | None = None) -> None:
        """Trace the image and write the tree.

        If nothing is found, the run ends normally, `hasResult` is False, a warning is logged, and
        an existing file at the output path is kept.

        Parameters
        ----------
        progress, cancel
            As in `zimg.trace`.

        Raises
        ------
        ZException
            If input or output is not set, cannot be read or written, or holds no such channel or
            time. Everything that does not depend on the result is checked before tracing.
        ValueError, TypeError
            If the configuration has an unknown key, a value of the wrong type, or no such level.
        NotImplementedError
            If an option is not supported.
        """
        self._has_result = False
        with logging_to(self.values["log_file"]):
            source, output = self._input(), self._output()
            config = self._config()
            z_to_xy = self._z_to_xy(source)
            log.info("Auto Trace: %s, z to xy ratio %g, %s", source.filenames, z_to_xy, config)
            with reporter(progress, cancel) as report:
                report.stage("read")
                result = run_mode(
                    self._volume(source),
                    mode=self.values["mode"] or "reference",
                    z_to_xy=z_to_xy,
                    downsample_ratio=self.values["signal_downsample_ratio"],
                    config=config,
                    resample=self.values["do_resample_after_tracing"],
                    report=report,
                )
            for line in result.warnings:
                log.warning("Auto Trace: %s", line)
            if self._keep(result.tree, output):
                found = (result.seeds, result.chains, len(result.tree), output)
                log.info("Auto Trace: %d seeds, %d chains, %d nodes in %s", *found)

    def to_task(self) -> dict[str, Any]:
        """Return the content of the task file, with the z:xy ratio that a run would use.

        Returns
        -------
        dict
            JSON values by key.

        Raises
        ------
        ZException
            If neither the ratio nor an image is set.
        """
        task = super().to_task()
        if task["z_scale"] is None:
            if self.values["input_image_source"] is None:
                raise ZException(
                    "Auto Trace task serialization failed: missing zToXYRatio. "
                    "Set zToXYRatio explicitly or setInputImageSource()."
                )
            task["z_scale"] = self._z_to_xy(self.values["input_image_source"])
        return task

    def _config(self) -> TraceConfig:
        config = resolve_config(
            self._configuration("trace_config"),
            level=self.values["trace_level"],
            overrides=self.values["algo_overrides"],
            existing_tree=self.values["doc_has_any_swc"],
        )
        check_config(config)
        return config

    def _z_to_xy(self, source: ZImgSource) -> float:
        given: float | None = self.values["z_scale"]
        if given is not None:
            return given
        return z_to_xy_ratio(read_info(source), self.values["signal_downsample_ratio"])

    def _volume(self, source: ZImgSource) -> Array:
        return read_channel(source, self.values["selected_channel"], self.values["selected_time"])
