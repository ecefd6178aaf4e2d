"""Promises about a device and the results of their checks."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from zimg._progress import Reporter

KEPT, BROKEN, NOT_RUN = "kept", "BROKEN", "not run"
SECONDS = 170.0
"""Time for all places, shared evenly: no check begins that would not end in the share of its place.
A certificate takes less than three minutes."""


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
    took: dict[tuple[str, str], float] = field(default_factory=dict)
    """Seconds of each check, by place and promise."""

    def share(self, places: int) -> None:
        """Allow the next place its part of the time that is left, with `places` still to come."""
        self.until = self.seconds + max(0.0, SECONDS - self.seconds) / max(1, places)

    def find_out(
        self, group: str, place: str, text: str, check: Check, *, needs: float = 0.0
    ) -> None:
        """Check one promise if there is time for the seconds it `needs`."""
        self.report.stage(f"{place}: {text}")
        began, verdict = self.seconds, NOT_RUN
        left = self.until - began
        measured = f"takes about {needs:.0f} s, {max(left, 0.0):.0f} s are left for this device"
        if left > needs:
            verdict, measured = _judged(check)
            self.took[place, text] = self.seconds - began
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


def _judged(check: Check) -> tuple[str, str]:
    """Verdict and measurement; an exception of the check breaks the promise."""
    try:
        kept, measured = check()
    except NotRunError as reason:
        return NOT_RUN, str(reason)
    except Exception as error:  # a driver may raise anything
        lines = str(error).strip().splitlines() or [""]
        return BROKEN, f"{type(error).__name__}: {lines[0]}"
    return KEPT if kept else BROKEN, measured
