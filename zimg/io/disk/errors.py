"""Errors of reading and writing, in one line that names the file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from zimg._errors import ZException


class ReplacedError(ZException):
    """A file or folder that another process replaced while it was read."""


@contextmanager
def read_errors(path: str | os.PathLike[str], what: str) -> Iterator[None]:
    """Turn what the block raises into a `ZException`: ``cannot read <path> as <what>: <why>``.

    Decoders raise many types on damaged files, so every `Exception` is converted; the text of a
    `ZException` is kept.
    """
    try:
        yield
    except ZException as error:
        text = str(error)
        if os.fspath(path) in text:
            raise
        kind = ReplacedError if isinstance(error, ReplacedError) else ZException
        raise kind(f"cannot read {os.fspath(path)} as {what}: {text}") from error
    except Exception as error:
        cause = " ".join(str(error).split()) or type(error).__name__
        raise ZException(f"cannot read {os.fspath(path)} as {what}: {cause}") from error


@contextmanager
def write_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Name the file in a `ZException` or `OSError` of the block: ``cannot write <path>: <why>``.

    Other exceptions pass unchanged, since they may come from the provider of the pixels.
    """
    try:
        yield
    except (ZException, OSError) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        if os.fspath(path) in text:
            raise
        raise ZException(f"cannot write {os.fspath(path)}: {text}") from error
