"""Protocols of what can be shown: the columns of a forest, and an image with its metadata.

The classes are defined in packages above this one; pictures only need these attributes.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array, Device
from zimg.values import ZImgInfo


class TreeLike(Protocol):
    """Columns of nodes in depth-first order, as `zimg.ZSwc` has them."""

    @property
    def xyz(self) -> NDArray[np.float64]:
        """``(n, 3)`` positions in the order x, y, z."""
        ...

    @property
    def radius(self) -> NDArray[np.float64]:
        """``(n,)`` radii."""
        ...

    @property
    def parent(self) -> NDArray[np.int64]:
        """``(n,)`` row of the parent, -1 for roots; parents precede their children."""
        ...

    def edge_lengths(self, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> NDArray[np.float64]:
        """``(n,)`` distances of the nodes from their parents, 0 for roots."""
        ...


class ImageLike(Protocol):
    """Arrays of the time points of an image, and its metadata, as `zimg.ZImg` has them."""

    def __len__(self) -> int:
        """Number of time points."""
        ...

    @property
    def info(self) -> ZImgInfo:
        """Sizes, type, colours and units."""
        ...

    @property
    def data(self) -> Sequence[Array]:
        """A ``(C, Z, Y, X)`` array for each time point."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of all axes."""
        ...

    @property
    def dtype(self) -> Any:
        """Type of the values."""
        ...

    @property
    def device(self) -> Device:
        """Device of the arrays."""
        ...
