"""Errors and warnings on the command line: one line on standard error, and an exit code."""

import sys

from zimg._errors import ZException

FAILURE, USAGE, INTERRUPTED = 1, 2, 130


def code_of(error: Exception) -> int:
    """Return the exit code of an expected error, 0 for others."""
    if hasattr(error, "format_message"):  # typer's own, whichever release
        return USAGE
    if isinstance(error, ValueError | TypeError | NotImplementedError):
        return USAGE
    return FAILURE if isinstance(error, ZException | OSError | ImportError | MemoryError) else 0


def message_of(error: Exception) -> str:
    """Return the message of an error as one line."""
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    return " ".join(text.split()) or type(error).__name__


def warn(message: Warning | str, *_where: object, **_more: object) -> None:
    """Show a warning as one line, without the source line that raised it."""
    complain(f"warning: {message}")


def complain(message: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"zimg: {message}\n")
