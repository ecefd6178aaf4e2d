"""Skeletonization as a worker: settings by name, task files, one call that works and writes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from zimg._errors import ZException
from zimg._progress import Cancel, Progress, reporter
from zimg.image import ZImgSource
from zimg.skeletons.options import SkeletonizeConfig, resolve_options
from zimg.skeletons.pipeline import run_skeletonize
from zimg.workers import checks
from zimg.workers.logs import log, logging_to
from zimg.workers.output import check_writable, write_tree
from zimg.workers.settings import Setting, Settings, stores
from zimg.workers.sources import image_source, source_from_json, source_to_json
from zimg.workers.volume import read_channel, read_info


class ZNeutubeSkeletonize(Settings):
    """Skeletonize the one channel of an image at one time and write the tree as an SWC file.

    The setters store; `run` reads, works and writes. Coordinates in the file are voxel indices
    relative to the start of the source's region. Without a configuration the code defaults of
    `SkeletonizeConfig` apply, not the shipped preset.

    Examples
    --------
    >>> worker = zimg.ZNeutubeSkeletonize()
    >>> worker.setInputImagePath("mask.tif")
    >>> worker.setSkeletonizeConfig(zimg.neutube_json.SKELETONIZE)
    >>> worker.setOutputSwcPath("mask.swc")
    >>> worker.run()
    """

    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("log_file", checks.text, "", required=True),
        Setting(
            "input_image_source",
            image_source,
            encode=source_to_json,
            decode=source_from_json,
            optional=True,
        ),
        Setting("skeletonize_config_path", checks.text, ""),
        Setting("skeletonize_config", checks.json_object, optional=True),
        Setting("downsample_interval_override", checks.three_integers, encode=list, optional=True),
        Setting("verbose", checks.flag, False),
        Setting("output_swc_path", checks.text, ""),
    )

    def __init__(self) -> None:
        super().__init__()
        self._has_result = False

    @stores("input_image_source")
    def setInputImageSource(self, imgSource: ZImgSource) -> None:
        """Set the image; the source is copied. Its region may choose a channel and a time."""

    def setInputImagePath(self, filename: str) -> None:
        """Set the image: a whole file. ZException if it does not exist."""
        self.setInputImageSource(ZImgSource(filename))

    setInputFile = setInputImagePath

    @stores("output_swc_path")
    def setOutputSwcPath(self, filename: str) -> None:
        """Set the SWC file to write; missing folders are made, an existing file is replaced."""

    @stores("log_file")
    def setLogFile(self, logfilename: str) -> None:
        """Set a file that each run overwrites with its log lines; an empty name means none."""

    @stores("verbose")
    def setVerbose(self, v: bool) -> None:
        """Choose whether the options of a run are logged."""

    @stores("skeletonize_config_path")
    def setSkeletonizeConfigPath(self, filename: str) -> None:
        """Set a file of options; `run` reads it, unless `setSkeletonizeConfig` gave a dict."""

    @stores("skeletonize_config")
    def setSkeletonizeConfig(self, cfg: dict[str, Any]) -> None:
        """Set options, such as ``zimg.neutube_json.SKELETONIZE``; the mapping is copied."""

    def setDownsampleIntervalOverride(
        self, downsampleIntervalOverride: Sequence[int] | None
    ) -> None:
        """Replace `downsampleInterval`: voxels skipped along x, y, z; None takes that back."""
        name = "downsample_interval_override"
        given = downsampleIntervalOverride
        self.values[name] = None if given is None else checks.three_integers(name, given)

    def outputSwcPath(self) -> str:
        """Return what `setOutputSwcPath` set."""
        return str(self.values["output_swc_path"])

    def hasResult(self) -> bool:
        """Return whether the last `run` wrote an SWC file."""
        return self._has_result

    def run(self, *, progress: Progress = None, cancel: Cancel | None = None) -> None:
        """Skeletonize the image and write the tree.

        If there is no object the run ends normally, `hasResult` is False, and a file that an
        earlier run left at the output path is deleted.

        Parameters
        ----------
        progress, cancel
            As in `zimg.skeletonize`.

        Raises
        ------
        ZException
            If input or output is not set, cannot be read or written, or holds more than one channel
            or time. All that can be known before the work is checked before it.
        ValueError, TypeError
            If the configuration has an unknown key or a value of the wrong type.
        """
        self._has_result = False
        with logging_to(self.values["log_file"]):
            source, output, options = self._input(), self._output(), self._options()
            if self.values["verbose"]:
                log.info("Skeletonize: %s, %s", source.filenames, options)
            with reporter(progress, cancel) as report:
                report.stage("read")
                volume = read_channel(source, 0, 0)
                tree = run_skeletonize(volume, options=options, report=report)
            if len(tree) == 0:
                log.warning("Skeletonize: nothing found; %s is not written", output)
                output.unlink(missing_ok=True)
                return
            write_tree(tree, output)
            self._has_result = True
            log.info("Skeletonize: %d nodes in %s", len(tree), output)

    def from_task(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return the values that the content of a task file sets, also of one from older days."""
        if "input_image_path" in task and "input_image_source" not in task:
            task = task | {"input_image_source": {"filenames": [task["input_image_path"]]}}
        return super().from_task(task)

    def _input(self) -> ZImgSource:
        source: ZImgSource | None = self.values["input_image_source"]
        if source is None:
            raise ZException("Skeletonize failed: no input image source configured.")
        info = read_info(source)
        if (info.numChannels, info.numTimes) != (1, 1):
            raise ZException(
                f"Skeletonize failed: {source.filenames[0]} has {info.numChannels} channels and "
                f"{info.numTimes} times; a source with a region chooses one of each"
            )
        return source

    def _output(self) -> Path:
        if not self.values["output_swc_path"].strip():
            raise ZException("Skeletonize failed: output SWC path is empty.")
        return check_writable(self.values["output_swc_path"])

    def _options(self) -> SkeletonizeConfig:
        given = self.values["skeletonize_config"]
        config = (self.values["skeletonize_config_path"] or None) if given is None else given
        return resolve_options(config, downsample=self.values["downsample_interval_override"])
