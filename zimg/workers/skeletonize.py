"""The worker for skeletonization: settings, task files, `run`."""

from collections.abc import Sequence
from typing import Any, ClassVar

from zimg._errors import ZException
from zimg._progress import Cancel, Progress, reporter
from zimg.io.source import ZImgSource
from zimg.skeletons.options import SkeletonizeConfig, resolve_options
from zimg.skeletons.pipeline import run_skeletonize
from zimg.values import ZImgInfo
from zimg.workers import checks
from zimg.workers.image_worker import INPUT, LOG_FILE, OUTPUT, ImageWorker
from zimg.workers.logs import log, logging_to
from zimg.workers.read_volume import read_channel, read_info
from zimg.workers.settings import Setting, stores


class ZNeutubeSkeletonize(ImageWorker):
    """Skeletonize one channel and time point of an image and write the tree as an SWC file.

    Setters only store values; `run` reads, skeletonizes and writes. Coordinates in the file are
    voxel indices relative to the start of the source's region. Without a configuration the code
    defaults of `SkeletonizeConfig` apply, not the shipped preset.

    Examples
    --------
    >>> worker = zimg.ZNeutubeSkeletonize()
    >>> worker.setInputImagePath("mask.tif")
    >>> worker.setSkeletonizeConfig(zimg.neutube_json.SKELETONIZE)
    >>> worker.setOutputSwcPath("mask.swc")
    >>> worker.run()
    """

    work: ClassVar[str] = "Skeletonize"
    settings: ClassVar[tuple[Setting, ...]] = (
        LOG_FILE,
        INPUT,
        Setting("skeletonize_config_path", checks.text, ""),
        Setting("skeletonize_config", checks.json_object, optional=True),
        Setting("downsample_interval_override", checks.three_integers, encode=list, optional=True),
        Setting("verbose", checks.flag, False),
        OUTPUT,
    )

    @stores("verbose")
    def setVerbose(self, v: bool) -> None:
        """Choose whether a run logs its options.

        Parameters
        ----------
        v
            True or False.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    @stores("skeletonize_config_path")
    def setSkeletonizeConfigPath(self, filename: str) -> None:
        """Set a configuration file.

        Parameters
        ----------
        filename
            JSON file. `run` reads it, unless `setSkeletonizeConfig` gave a dictionary.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    @stores("skeletonize_config")
    def setSkeletonizeConfig(self, cfg: dict[str, Any]) -> None:
        """Set the configuration.

        Parameters
        ----------
        cfg
            Dictionary such as ``zimg.neutube_json.SKELETONIZE``; it is copied.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    def setDownsampleIntervalOverride(
        self, downsampleIntervalOverride: Sequence[int] | None
    ) -> None:
        """Replace `downsampleInterval` of the configuration.

        Parameters
        ----------
        downsampleIntervalOverride
            Voxels skipped along x, y, z; None to use the configuration again.

        Raises
        ------
        TypeError, ValueError
            If the value is not three integers.
        """
        name = "downsample_interval_override"
        given = downsampleIntervalOverride
        self.values[name] = None if given is None else checks.three_integers(name, given)

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
            (source, info), output, options = self._single(), self._output(), self._options()
            if self.values["verbose"]:
                log.info("Skeletonize: %s, %s", source.filenames, options)
            with reporter(progress, cancel) as report:
                report.stage("read")
                volume = read_channel(source, 0, 0, info=info)
                tree = run_skeletonize(volume, options=options, report=report)
            if self._keep(tree, output):
                log.info("Skeletonize: %d nodes in %s", len(tree), output)
            else:
                output.unlink(missing_ok=True)

    def _single(self) -> tuple[ZImgSource, ZImgInfo]:
        """The source of one channel and one time, and its metadata."""
        source = self._input()
        info = read_info(source)
        if (info.numChannels, info.numTimes) != (1, 1):
            raise ZException(
                f"Skeletonize failed: {source.filenames[0]} has {info.numChannels} channels and "
                f"{info.numTimes} times; a source with a region chooses one of each"
            )
        return source, info

    def _options(self) -> SkeletonizeConfig:
        return resolve_options(
            self._configuration("skeletonize_config"),
            downsample=self.values["downsample_interval_override"],
        )
