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
"""Seconds between two states of the line in a notebook."""

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
        True: bars on a terminal and a line of text for each stage in a notebook; elsewhere plain
        lines. All but the notebook's go to standard error.
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
    """One line of text per stage in a notebook, which is replaced as the stage goes on.

    It needs no widgets, no scripts and no trust: the output is plain text.
    """

    def start(self, stage: str, total: int | None) -> None:
        from IPython.display import display

        self._stage, self._total, self._done = stage, total, 0
        self._began = self._told = perf_counter()
        show: Any = display
        self._line = show(self._text(), raw=True, display_id=True)

    def update(self, done: int) -> None:
        self._done = done
        if perf_counter() - self._told > CELL_INTERVAL:
            self._told = perf_counter()
            self._line.update(self._text(), raw=True)

    def finish(self) -> None:
        self._line.update(self._text(), raw=True)

    def _text(self) -> dict[str, str]:
        """The line as the output of a cell."""
        seconds = f"{perf_counter() - self._began:.1f} s"
        if not self._total:
            return {"text/plain": f"{self._stage:<16} {seconds}"}
        share = min(self._done / self._total, 1.0)
        bar = "#" * round(BAR * share) + "." * round(BAR * (1 - share))
        counts = f"{self._done}/{self._total}"
        return {"text/plain": f"{self._stage:<16} {share:4.0%} [{bar}] {counts} {seconds}"}


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
        """Do nothing: the next stage, or the end of the computation, tells the caller."""
