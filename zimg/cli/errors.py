"""What errors and warnings become on the command line: a line on standard error and a code."""

import sys

from zimg._errors import ZException

FAILURE, USAGE, INTERRUPTED = 1, 2, 130


def code_of(error: Exception) -> int:
    """Exit code of an expected error, 0 for others."""
    if hasattr(error, "format_message"):  # typer's own, whichever release
        return USAGE
    if isinstance(error, ValueError | TypeError | NotImplementedError):
        return USAGE
    return FAILURE if isinstance(error, ZException | OSError | ImportError | MemoryError) else 0


def message_of(error: Exception) -> str:
    """The one line that is said of an error."""
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    return " ".join(text.split()) or type(error).__name__


def warn(message: Warning | str, *_where: object, **_more: object) -> None:
    """Show a warning as a line, without the place in our code that gave it."""
    complain(f"warning: {message}")


def complain(message: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"zimg: {message}\n")
