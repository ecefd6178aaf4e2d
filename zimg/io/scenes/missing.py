"""Planes that a file describes but does not hold: an error, or zeros on request."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar
from warnings import warn

from zimg._errors import ZException

T = TypeVar("T")

NAMED = 20  # planes that a message names

_filled: ContextVar[list[str] | None] = ContextVar("zimg_filled_planes", default=None)


@contextmanager
def filling(path: object) -> Iterator[None]:
    """Fill missing planes with zeros inside the block and warn about them at its end.

    Parameters
    ----------
    path
        File name for the warning.
    """
    planes: list[str] = []
    token = _filled.set(planes)
    try:
        yield
    finally:
        _filled.reset(token)
    if planes:
        warn(
            f"{path}: {len(planes)} planes are missing and filled with zeros: {listed(planes)}",
            stacklevel=5,
        )


class MissingPlane(ZException):
    """A plane is missing.

    Parameters
    ----------
    plane
        Its name.
    why
        The reason; may be the same for many planes.
    """

    def __init__(self, plane: str, why: str) -> None:
        super().__init__(f"{why}; missing: {plane}")
        self.plane, self.why = plane, why


def report_missing(found: list[MissingPlane]) -> None:
    """Raise a `ZException` that names the planes, or record them where zeros were requested."""
    planes = [one.plane for one in found]
    noted = _filled.get()
    if noted is not None:
        noted.extend(planes)
    elif found:
        reasons = ", ".join(dict.fromkeys(one.why for one in found))
        raise ZException(f"{reasons}; missing: {listed(planes)}")


def existing(found: Iterable[T | MissingPlane]) -> list[T]:
    """Drop the missing planes from a series of jobs and report them together."""
    jobs: list[T] = []
    missing: list[MissingPlane] = []
    for each in found:
        if isinstance(each, MissingPlane):
            missing.append(each)
        else:
            jobs.append(each)
    report_missing(missing)
    return jobs


def listed(planes: list[str]) -> str:
    """Names of the first planes and the number of the others."""
    more = len(planes) - NAMED
    return ", ".join(planes[:NAMED]) + (f" and {more} more" if more > 0 else "")
