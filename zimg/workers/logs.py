"""Log file of a run."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zimg._errors import ZException

log = logging.getLogger("zimg")

_LINE = "%(levelname).1s%(asctime)s.%(msecs)03d %(process)d %(filename)s:%(lineno)d] %(message)s"
_TIME = "%m%d %H:%M:%S"


@contextmanager
def logging_to(filename: str) -> Iterator[None]:
    """Also write the records of the logger ``zimg``, from level INFO on, to `filename`.

    The file is overwritten and its folders are created; an empty name means no file. Lines begin
    with the level's letter, month and day, time, and process, as in the reference.

    Raises
    ------
    ZException
        If the file cannot be opened.
    """
    if not filename:
        yield
        return
    level = log.level
    handler = _handler(Path(filename))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.setLevel(level)
        log.removeHandler(handler)
        handler.close()


def _handler(path: Path) -> logging.FileHandler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    except OSError as error:
        raise ZException(f"Could not open file {path} for writing: {error.strerror}") from error
    handler.setFormatter(logging.Formatter(_LINE, _TIME))
    return handler
