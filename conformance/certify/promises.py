"""Promises about a device, and what was found out about each."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from zimg._progress import Reporter

KEPT, BROKEN, NOT_RUN = "kept", "BROKEN", "not run"
SECONDS = 150.0
"""Time for all places, shared evenly: no check begins after the share of its place. A certificate
takes less than three minutes."""


class NotRunError(Exception):
    """A check cannot run here; the text says why."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One line of the certificate.

    Attributes
    ----------
    group
        ``right``, ``lean`` or ``fast``.
    place
        Framework and device, or ``any``.
    text
        What is promised.
    verdict
        ``kept``, ``BROKEN`` or ``not run``.
    told
        The measurement, or why there is none.
    """

    group: str
    place: str
    text: str
    verdict: str
    told: str = ""


Check = Callable[[], tuple[bool, str]]
"""Finds out whether a promise is kept, and what to tell; raises `NotRunError` where it cannot."""


@dataclass
class Certificate:
    """All promises, in the order in which they were looked at."""

    report: Reporter
    promises: list[Promise] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    until: float = SECONDS

    def share(self, places: int) -> None:
        """Allow the next place its part of the time that is left, with `places` still to come."""
        self.until = self.seconds + max(0.0, SECONDS - self.seconds) / max(1, places)

    def find_out(self, group: str, place: str, text: str, check: Check) -> None:
        """Look at one promise; what goes wrong in a check breaks the promise and nothing else."""
        self.report.stage(f"{place}: {text}")
        verdict, told = NOT_RUN, f"out of time after {self.until:.0f} s"
        if self.seconds < self.until:
            try:
                kept, told = check()
                verdict = KEPT if kept else BROKEN
            except NotRunError as reason:
                told = str(reason)
            except Exception as error:  # a driver may raise anything
                lines = str(error).strip().splitlines() or [""]
                verdict, told = BROKEN, f"{type(error).__name__}: {lines[0]}"
        self.promises.append(Promise(group, place, text, verdict, told))

    def leave_out(self, group: str, place: str, text: str, reason: str) -> None:
        """Note a promise that nothing here can try."""
        self.promises.append(Promise(group, place, text, NOT_RUN, reason))

    @property
    def seconds(self) -> float:
        """Since the first check."""
        return time.monotonic() - self.began

    @property
    def kept(self) -> bool:
        """Whether something ran and nothing is broken."""
        verdicts = {promise.verdict for promise in self.promises}
        return KEPT in verdicts and BROKEN not in verdicts
