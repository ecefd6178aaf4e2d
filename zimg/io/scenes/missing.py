"""Planes that a file describes and does not hold: an error, unless zeros were asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from warnings import warn

from zimg._errors import ZException

TOLD = 20  # planes that a message names

_filled: ContextVar[list[str] | None] = ContextVar("zimg_filled_planes", default=None)


@contextmanager
def filling(path: object) -> Iterator[None]:
    """Let planes that are missing be zeros inside the block, and warn of them at its end.

    Parameters
    ----------
    path
        Of the file, for the warning.
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
    """A plane that is not there.

    Parameters
    ----------
    plane
        Its name.
    why
        What is wrong with the file; may be the same for many planes.
    """

    def __init__(self, plane: str, why: str) -> None:
        super().__init__(f"{why}; missing: {plane}")
        self.plane, self.why = plane, why


def tell_missing(found: list[MissingPlane]) -> None:
    """Raise a `ZException` that names planes, unless zeros were asked for: then note them."""
    planes = [one.plane for one in found]
    noted = _filled.get()
    if noted is not None:
        noted.extend(planes)
    elif found:
        reasons = ", ".join(dict.fromkeys(one.why for one in found))
        raise ZException(f"{reasons}; missing: {listed(planes)}")


def listed(planes: list[str]) -> str:
    """The first of some planes, and how many follow."""
    more = len(planes) - TOLD
    return ", ".join(planes[:TOLD]) + (f" and {more} more" if more > 0 else "")
