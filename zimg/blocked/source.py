"""Interface of volumes, which workers open themselves and read box by box."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.blocked.plan import ZYX, Box

Factors = tuple[int, int, int]


class UnreadableChunkError(ZException):
    """A box of the source cannot be read; the blocks that need it have no record."""

    def __init__(self, source: str, low: ZYX, high: ZYX, cause: str) -> None:
        super().__init__(source, low, high, cause)
        self.source, self.low, self.high, self.cause = source, low, high, cause

    def __str__(self) -> str:
        x, y, z = (f"{a}:{b}" for a, b in zip(self.low[::-1], self.high[::-1], strict=True))
        return f"cannot read x {x}, y {y}, z {z} of {self.source}: {self.cause}"


class Volume(Protocol):
    """One channel at one time of an image at the traced resolution; can be pickled."""

    @property
    def shape(self) -> ZYX:
        """Voxels along z, y, x."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Voxel type."""

    @property
    def name(self) -> str:
        """Name of the volume in messages."""

    @property
    def factors(self) -> Factors:
        """Downsampling factors along x, y, z, already applied."""

    @property
    def portable(self) -> bool:
        """Whether another process can open it from its pickled form."""

    def read(self, box: Box) -> NDArray[Any]:
        """Read the voxels of a box, ``(Z, Y, X)`` on the host."""

    def identity(self) -> dict[str, Any]:
        """Description of the source, kept in the manifest."""

    def fingerprint(self) -> dict[str, Any]:
        """Description of the content, which changes when the volume changes."""


def known_empty(volume: Volume, box: Box) -> bool:
    """Whether a box is known without reading to hold only zeros.

    Volumes may implement the optional method ``known_empty(box)``.
    """
    ask = getattr(volume, "known_empty", None)
    try:
        return ask is not None and bool(ask(box))
    except Exception:
        return False  # reading reports the error


def _is_temporary(cause: BaseException | None) -> bool:
    """Whether a read failed because of the disk or the network, which may be temporary."""
    while cause is not None:
        # Generic errors of obstore are failed connections and rejected responses of servers.
        remote = type(cause).__module__.startswith("obstore")
        if isinstance(cause, OSError) or (remote and type(cause).__name__ == "GenericError"):
            return True
        cause = cause.__cause__
    return False


def checked_read(volume: Volume, box: Box) -> NDArray[Any]:
    """Read the voxels of a box; errors name the source and the box.

    Boxes known to be empty are not read.

    Raises
    ------
    UnreadableChunkError
        For a permanent failure or a result of another shape.
    OSError
        For a failure that may be temporary; callers try again.
    """
    if known_empty(volume, box):
        return np.zeros(box.shape, volume.dtype)
    try:
        voxels = volume.read(box)
    except (OSError, UnreadableChunkError):
        raise
    except Exception as error:
        if _is_temporary(error.__cause__):
            raise OSError(
                str(UnreadableChunkError(volume.name, box.low, box.high, str(error)))
            ) from error
        cause = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableChunkError(volume.name, box.low, box.high, cause) from error
    if voxels.shape != box.shape:
        cause = f"got {voxels.shape} voxels along z, y, x in place of {box.shape}"
        raise UnreadableChunkError(volume.name, box.low, box.high, cause)
    return voxels
