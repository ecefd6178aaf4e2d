"""Progress of long computations, and their cancellation."""

import sys
from collections.abc import Callable
from time import perf_counter
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

from zimg._errors import ZCancellationException

ProgressCallback = Callable[[str, int, int | None], object]
Progress = bool | ProgressCallback | None

LINE_INTERVAL = 10.0
"""Seconds between two plain lines of one stage; a choice of this library."""

CELL_INTERVAL = 0.2
"""Seconds between two states of the lines in a notebook."""

BAR = 20
"""Characters of a bar in a notebook."""


class Cancel(Protocol):
    """Protocol of `cancel`, such as `threading.Event`."""

    def is_set(self) -> bool:
        """Whether the computation should stop."""
        ...


class _Display(Protocol):
    def start(self, stage: str, total: int | None) -> None: ...
    def update(self, done: int) -> None: ...
    def finish(self) -> None: ...


class Reporter:
    """Interface through which a computation reports its progress.

    A computation announces its stages one after another and how much of each is done. Each call
    also checks for cancellation. As a context manager, it ends the last stage on exit.

    Parameters
    ----------
    display
        Display of the stages, or None.
    cancel
        An object like `threading.Event`, or None.
    """

    def __init__(self, display: _Display | None = None, cancel: Cancel | None = None) -> None:
        self._display = display
        self._cancel = cancel
        self._done = 0
        self._open = False

    def stage(self, name: str, total: int | None = None) -> None:
        """End the current stage and start `name`, with `total` steps if known."""
        self.check()
        self.finish()
        self._done, self._open = 0, True
        if self._display is not None:
            self._display.start(name, total)

    def advance(self, n: int = 1) -> None:
        """Report that `n` more steps of the stage are done."""
        self._done += n
        if self._display is not None:
            self._display.update(self._done)
        self.check()

    def quiet(self) -> "Reporter":
        """A reporter that shows no stages but checks for cancellation."""
        return Reporter(None, self._cancel)

    def check(self) -> None:
        """Raise a ZCancellationException if the caller asked to stop."""
        if self._cancel is not None and self._cancel.is_set():
            raise ZCancellationException("cancelled by the caller")

    def finish(self) -> None:
        """End the current stage, if any."""
        if self._open and self._display is not None:
            self._display.finish()
        self._open = False

    def __enter__(self) -> Self:
        """Return the reporter itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the current stage."""
        self.finish()


def reporter(progress: Progress = None, cancel: Cancel | None = None) -> Reporter:
    """Make the reporter for the public arguments `progress` and `cancel`.

    Parameters
    ----------
    progress
        True: bars on a terminal; in a notebook a line of text for each stage, those of one name on
        one line; elsewhere plain lines. All but the notebook's go to standard error.
        A callable: called with the stage, the steps done and the steps in total (None if unknown).
        False or None: nothing.
    cancel
        An object like `threading.Event`; once it is set, the computation ends with a
        ZCancellationException.
    """
    return Reporter(_display(progress), cancel)


def _display(progress: Progress) -> _Display | None:
    if progress is None or progress is False:
        return None
    if progress is True:
        if _in_notebook():
            return _Cell()
        return _Bars() if sys.stderr.isatty() else _Lines(sys.stderr)
    if callable(progress):
        return _Calls(progress)
    raise TypeError(f"progress must be True, False, None or a callable, not {progress!r}")


def _in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


class _Bars:
    """One bar per stage; a stage without a total shows its time only."""

    def start(self, stage: str, total: int | None) -> None:
        from tqdm import tqdm  # not `tqdm.auto`, which asks for ipywidgets

        layout = None if total else "{desc}: {elapsed}"
        self._bar = tqdm(desc=f"{stage:<16}", total=total, bar_format=layout, file=sys.stderr)

    def update(self, done: int) -> None:
        self._bar.update(done - self._bar.n)

    def finish(self) -> None:
        self._bar.close()


class _Cell:
    """Lines of text in a notebook, one for each name of a stage, replaced as the work goes on.

    Stages that come again add to the time of their line. It needs no widgets, no scripts and no
    trust: the output is plain text, one for each computation.
    """

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}
        self._spent: dict[str, float] = {}
        self._shown: Any = None

    def start(self, stage: str, total: int | None) -> None:
        self._stage, self._total, self._done = stage, total, 0
        self._began = perf_counter()
        self._show()

    def update(self, done: int) -> None:
        self._done = done
        if perf_counter() - self._told > CELL_INTERVAL:
            self._show()

    def finish(self) -> None:
        self._show()
        self._spent[self._stage] = self._seconds()

    def _show(self) -> None:
        from IPython.display import display

        self._told = perf_counter()
        self._lines[self._stage] = self._text()
        output = {"text/plain": "\n".join(self._lines.values())}
        if self._shown is None:
            show: Any = display
            self._shown = show(output, raw=True, display_id=True)
        else:
            self._shown.update(output, raw=True)

    def _seconds(self) -> float:
        """Time of all stages of this name."""
        return self._spent.get(self._stage, 0.0) + perf_counter() - self._began

    def _text(self) -> str:
        """Line of the current stage."""
        seconds = f"{self._seconds():.1f} s"
        if not self._total:
            return f"{self._stage:<16} {seconds}"
        share = min(self._done / self._total, 1.0)
        bar = "#" * round(BAR * share) + "." * round(BAR * (1 - share))
        return f"{self._stage:<16} {share:4.0%} [{bar}] {self._done}/{self._total} {seconds}"


class _Lines:
    """One line per finished stage, and one every few seconds of a long one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def start(self, stage: str, total: int | None) -> None:
        self._stage, self._total = stage, total
        self._began = self._told = perf_counter()

    def update(self, done: int) -> None:
        if perf_counter() - self._told > LINE_INTERVAL:
            self._told = perf_counter()
            self._write(f"{self._stage}: {done} of {self._total or 'unknown'}")

    def finish(self) -> None:
        self._write(f"{self._stage}: {perf_counter() - self._began:.2f} s")

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


class _Calls:
    """Report each step to the function of the caller."""

    def __init__(self, function: ProgressCallback) -> None:
        self._function = function

    def start(self, stage: str, total: int | None) -> None:
        self._stage, self._total = stage, total
        self._function(stage, 0, total)

    def update(self, done: int) -> None:
        self._function(self._stage, done, self._total)

    def finish(self) -> None:
        """Do nothing: the next stage, or the end of the computation, informs the caller."""
