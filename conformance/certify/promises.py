"""Promises about a device and the results of their checks."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from zimg._progress import Reporter

KEPT, BROKEN, NOT_RUN = "kept", "BROKEN", "not run"
SECONDS = 150.0
"""Time for all places, shared evenly: no check begins after the share of its place. A certificate
takes less than three minutes."""


class NotRunError(Exception):
    """A check cannot run here, for the reason in the text."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise and the result of its check.

    Attributes
    ----------
    group
        ``right``, ``lean`` or ``fast``.
    place
        Framework and device, or ``any``.
    text
        The promise.
    verdict
        ``kept``, ``BROKEN`` or ``not run``.
    measured
        The measurement, or the reason why there is none.
    """

    group: str
    place: str
    text: str
    verdict: str
    measured: str = ""


Check = Callable[[], tuple[bool, str]]
"""Returns whether a promise is kept, and the measurement; raises `NotRunError` if it cannot run."""


@dataclass
class Certificate:
    """All promises, in the order of their checks."""

    report: Reporter
    promises: list[Promise] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    until: float = SECONDS

    def share(self, places: int) -> None:
        """Allow the next place its part of the time that is left, with `places` still to come."""
        self.until = self.seconds + max(0.0, SECONDS - self.seconds) / max(1, places)

    def find_out(self, group: str, place: str, text: str, check: Check) -> None:
        """Check one promise; an exception of the check breaks the promise."""
        self.report.stage(f"{place}: {text}")
        verdict, measured = NOT_RUN, f"out of time after {self.until:.0f} s"
        if self.seconds < self.until:
            try:
                kept, measured = check()
                verdict = KEPT if kept else BROKEN
            except NotRunError as reason:
                measured = str(reason)
            except Exception as error:  # a driver may raise anything
                lines = str(error).strip().splitlines() or [""]
                verdict, measured = BROKEN, f"{type(error).__name__}: {lines[0]}"
        self.promises.append(Promise(group, place, text, verdict, measured))

    def leave_out(self, group: str, place: str, text: str, reason: str) -> None:
        """Record a promise that cannot be checked here."""
        self.promises.append(Promise(group, place, text, NOT_RUN, reason))

    @property
    def seconds(self) -> float:
        """Seconds since the first check."""
        return time.monotonic() - self.began

    @property
    def kept(self) -> bool:
        """Whether at least one promise is kept and none is broken."""
        verdicts = {promise.verdict for promise in self.promises}
        return KEPT in verdicts and BROKEN not in verdicts
