"""Overlapping tiles of a plane: find the visible parts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rectangle = tuple[int, int, int, int]  # left, top, right, bottom


def visible(boxes: NDArray[np.int64], window: Rectangle) -> list[tuple[int, Rectangle]]:
    """Find the parts of boxes that later boxes do not hide.

    Parameters
    ----------
    boxes
        ``(n, 4)``: left, top, right, bottom; later boxes lie on top.
    window
        Parts are clipped to this rectangle.

    Returns
    -------
    list of (int, rectangle)
        Index of a box and a part of it; parts do not overlap.
    """
    low = np.maximum(boxes[:, :2], window[:2])
    high = np.minimum(boxes[:, 2:], window[2:])
    seen = np.flatnonzero((low < high).all(axis=1))
    low, high = low[seen], high[seen]
    parts: list[tuple[int, Rectangle]] = []
    for number, index in enumerate(seen):
        above = slice(number + 1, None)
        hiding = ((low[above] < high[number]) & (high[above] > low[number])).all(axis=1)
        rest = [_rectangle(low[number], high[number])]
        for other in np.flatnonzero(hiding) + number + 1:
            hidden = _rectangle(low[other], high[other])
            rest = [part for each in rest for part in _without(each, hidden)]
            if not rest:
                break
        parts.extend((int(index), part) for part in rest)
    return parts


def _rectangle(low: Any, high: Any) -> Rectangle:
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _without(box: Rectangle, hidden: Rectangle) -> list[Rectangle]:
    """Split `box` minus `hidden` into up to four rectangles."""
    left, top, right, bottom = box
    x0, y0, x1, y1 = hidden
    x0, x1 = max(left, min(x0, right)), max(left, min(x1, right))
    y0, y1 = max(top, min(y0, bottom)), max(top, min(y1, bottom))
    if x0 >= x1 or y0 >= y1:
        return [box]
    parts = [
        (left, top, right, y0),
        (left, y0, x0, y1),
        (x1, y0, right, y1),
        (left, y1, right, bottom),
    ]
    return [part for part in parts if part[0] < part[2] and part[1] < part[3]]
