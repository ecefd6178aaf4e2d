"""What is wrong with an SWC text: raised at once, or gathered and told in one warning a kind."""

import warnings

from zimg._errors import ZException

MOST_WARNINGS = 20
SHOWN = 60  # characters of a field or a list that fit into a message of one line


class Defects:
    """Decides for one text what is an error, what a warning, and what is accepted in silence.

    Parameters
    ----------
    name
        File, for messages.
    strict
        Make errors of what is otherwise accepted.
    skip_errors
        Make warnings of errors.
    """

    def __init__(self, name: str, *, strict: bool = False, skip_errors: bool = False) -> None:
        self.name = name
        self.strict = strict
        self.skip_errors = skip_errors
        self._lines: dict[str, list[int]] = {}

    def error(self, line: int, what: str) -> None:
        """Raise `what` about a line, or keep it for a warning."""
        message = what if len(what) <= 2 * SHOWN else what[: 2 * SHOWN] + "..."
        if not self.skip_errors:
            raise ZException(f"cannot read {self.name}: line {line}: {message}")
        self._lines.setdefault(message, []).append(line)

    def note(self, line: int, what: str, *, tolerated: bool = False) -> None:
        """Handle what is an error in strict reading only; not even a warning if `tolerated`."""
        if self.strict:
            self.error(line, what)
        elif not tolerated:
            self._lines.setdefault(what, []).append(line)

    def warn(self) -> None:
        """Give a warning for every kind of defect that was kept, and one for the last of many."""
        for what, lines in list(self._lines.items())[:MOST_WARNINGS]:
            more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
            self._tell(f"line {lines[0]}{more}: {what}")
        if len(self._lines) > MOST_WARNINGS:
            self._tell(f"{len(self._lines) - MOST_WARNINGS} defects more")

    def _tell(self, what: str) -> None:
        warnings.warn(f"{self.name}: {what}", UserWarning, stacklevel=5)
