"""A tree in space, drawn by plotly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.view.colouring import SCALE, Colouring, Values
from zimg.view.extras import needed
from zimg.view.protocols import TreeLike
from zimg.view.still import with_still
from zimg.view.tree_card import tree_card

LINE, ROOT = 3, 4
MOST_ROOTS = 1000
EYE = {"x": 1.8, "y": 1.8, "z": 1.6}
"""Place of the camera, from which long and flat trees are seen as a whole."""


def plot_space(tree: TreeLike, colouring: Colouring, *, unit: str = "") -> Any:
    """Draw a tree as an interactive figure.

    Parameters
    ----------
    tree
        Any forest.
    colouring
        Groups of nodes, or a value for each.
    unit
        For the labels of the axes.

    Returns
    -------
    plotly.graph_objects.Figure
        One trace for each group; ``figure.write_html(path)`` keeps it. Where a notebook does not
        run scripts, it shows three projections instead.
    """
    plotly = needed("plotly.graph_objects", "plot3d")
    places = np.concatenate([tree.xyz, np.full((1, 3), np.nan)])  # the last one, -1, ends a line
    traces = []
    if isinstance(colouring, Values):
        rows = polylines(tree.parent, np.ones(len(tree.parent), dtype=bool))
        numbers = np.append(colouring.numbers, np.nan)[rows]
        line = {"color": numbers, "colorscale": SCALE, "width": LINE, "showscale": True}
        line["colorbar"] = {"title": {"text": colouring.name}, "len": 0.8}
        traces.append(_lines(plotly, places[rows], colouring.name, line))
    else:
        for group in colouring:
            rows = polylines(tree.parent, group.rows)
            line = {"color": group.colour, "width": LINE}
            traces.append(_lines(plotly, places[rows], group.name, line))
    x, y, z = tree.xyz[tree.parent < 0][:MOST_ROOTS].T
    marker = {"size": ROOT, "color": "black"}
    traces.append(plotly.Scatter3d(x=x, y=y, z=z, mode="markers", name="roots", marker=marker))
    figure = plotly.Figure(traces)
    names = {
        f"{axis}axis": {"title": {"text": f"{axis} ({unit})" if unit else axis}} for axis in "xyz"
    }
    scene = {"aspectmode": "data", "camera": {"eye": EYE}, **names}
    figure.update_layout(scene=scene, margin=dict.fromkeys("lrtb", 0), legend={"x": 0.0, "y": 1.0})
    return with_still(figure, tree_card(tree))


def _lines(plotly: Any, points: NDArray[np.float64], name: str, line: dict[str, Any]) -> Any:
    x, y, z = points.astype(np.float32).T  # half the size of a saved page
    return plotly.Scatter3d(
        x=x, y=y, z=z, mode="lines", name=name, line=line, connectgaps=False, hoverinfo="skip"
    )


def polylines(parent: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rows along the edges to chosen nodes, runs of nodes as one line, -1 between lines.

    Parameters
    ----------
    parent
        ``(n,)`` rows of the parents, in depth-first order.
    chosen
        ``(n,)`` mask.
    """
    rows = np.flatnonzero(chosen & (parent >= 0))
    starts = parent[rows] != np.append(-1, rows[:-1]) if len(rows) else np.zeros(0, dtype=bool)
    counts = np.where(starts, 3, 1)
    end = np.cumsum(counts) - 1
    line = np.full(int(counts.sum()), -1, dtype=np.int64)
    line[end] = rows
    line[end[starts] - 1] = parent[rows[starts]]
    return line
