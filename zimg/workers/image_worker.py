"""Base of the workers that turn an image into a tree: input, output, log and task files."""

from pathlib import Path
from typing import Any, ClassVar

from zimg._errors import ZException
from zimg.io.source import ZImgSource
from zimg.swc import ZSwc
from zimg.workers import checks
from zimg.workers.logs import log
from zimg.workers.output import check_writable, is_same_file, write_tree
from zimg.workers.settings import Setting, Settings, stores
from zimg.workers.task_sources import image_source, source_from_json, source_to_json

LOG_FILE = Setting("log_file", checks.text, "", required=True)
INPUT = Setting(
    "input_image_source",
    image_source,
    encode=source_to_json,
    decode=source_from_json,
    optional=True,
)
OUTPUT = Setting("output_swc_path", checks.text, "")


class ImageWorker(Settings):
    """Base of the workers that read an image and write an SWC file.

    Attributes
    ----------
    work
        Name of the task, for errors and log lines.
    """

    work: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self._has_result = False

    @stores("input_image_source")
    def setInputImageSource(self, imgSource: ZImgSource) -> None:
        """Set the input image.

        Parameters
        ----------
        imgSource
            File or files, with region, scene and format; the source is copied.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    def setInputImagePath(self, filename: str) -> None:
        """Set the input to a whole file.

        Parameters
        ----------
        filename
            Name of an existing file.

        Raises
        ------
        ZException
            If the file does not exist.
        """
        self.setInputImageSource(ZImgSource(filename))

    setInputFile = setInputImagePath

    @stores("output_swc_path")
    def setOutputSwcPath(self, filename: str) -> None:
        """Set the SWC file to write.

        Parameters
        ----------
        filename
            Missing folders are created, and an existing file is replaced.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    @stores("log_file")
    def setLogFile(self, logfilename: str) -> None:
        """Set the log file.

        Parameters
        ----------
        logfilename
            File that each run overwrites with its log lines; empty for none.

        Raises
        ------
        TypeError
            If the value is of another type.
        """

    def outputSwcPath(self) -> str:
        """Return the SWC file to write.

        Returns
        -------
        str
            Value of `setOutputSwcPath`; initially empty.
        """
        return str(self.values["output_swc_path"])

    def hasResult(self) -> bool:
        """Return whether the last `run` wrote an SWC file.

        Returns
        -------
        bool
            False before the first run, and when nothing was found.
        """
        return self._has_result

    def from_task(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return the values in a task file; older forms of task files are accepted.

        Parameters
        ----------
        task
            Content of the file.

        Returns
        -------
        dict
            Values by key.

        Raises
        ------
        ValueError, TypeError
            If a key is missing, or its value is invalid.
        """
        if "input_image_path" in task and "input_image_source" not in task:
            task = task | {"input_image_source": {"filenames": [task["input_image_path"]]}}
        return super().from_task(task)

    def _input(self) -> ZImgSource:
        source: ZImgSource | None = self.values["input_image_source"]
        if source is None:
            raise ZException(f"{self.work} failed: no input image source configured.")
        return source

    def _output(self) -> Path:
        if not self.values["output_swc_path"].strip():
            raise ZException(f"{self.work} failed: output SWC path is empty.")
        output = check_writable(self.values["output_swc_path"])
        source: ZImgSource | None = self.values["input_image_source"]
        for name in () if source is None else source.filenames:
            if is_same_file(output, name):
                raise ZException(f"{self.work} failed: output {output} is the input image.")
        return output

    def _configuration(self, name: str) -> Any:
        """Return the configuration, or the path of its file, or None."""
        given = self.values[name]
        return (self.values[f"{name}_path"] or None) if given is None else given

    def _keep(self, tree: ZSwc, output: Path) -> bool:
        """Write the tree unless it is empty; return whether it was written."""
        if len(tree) == 0:
            log.warning("%s: nothing found; %s is not written", self.work, output)
            return False
        write_tree(tree, output)
        self._has_result = True
        return True
