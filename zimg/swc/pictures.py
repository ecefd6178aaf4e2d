"""Methods of a forest that show and measure its shape."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from zimg._typing import Array
from zimg.swc.morphometry import Morphometry, measured
from zimg.swc.table import NodeTable
from zimg.swc.units import TreeUnits, require_one_unit, sizes_in_um
from zimg.values import ZImgInfo

if TYPE_CHECKING:
    from zimg.view.colouring import Colouring
    from zimg.view.plane_plot import Background
    from zimg.view.protocols import ImageLike
    from zimg.view.reducing import Plane

Colour = Literal["tree", "type", "radius", "error"]
FINENESS = 20
"""Points on an edge of the expected forest, from which errors are measured."""

LABELS = {"voxel": "voxels", "um": "µm"}


class TreePictures(TreeUnits):
    """A forest as plots and as numbers."""

    def plot(
        self,
        ax: Any = None,
        image: "ImageLike | Array | None" = None,
        *,
        color: Colour = "tree",
        gold: NodeTable | None = None,
        plane: "Plane" = "xy",
        channel: int = 0,
    ) -> Any:
        """Draw the forest into a plane with matplotlib (extra ``plot``).

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.
        image
            Image, or ``(Z, Y, X)`` array of any framework, whose maximum projection lies below the
            forest. A forest in µm needs the voxel size, of the image or its own.
        color
            ``"tree"`` (one colour for each of the longest trees), ``"type"``, ``"radius"``, or
            ``"error"``, the distance of each node from the forest `gold`.
        gold
            Expected forest, in the same unit.
        plane
            Axes across and down: ``"xy"``, ``"xz"`` or ``"zy"``.
        channel
            Channel of the image.

        Returns
        -------
        matplotlib.axes.Axes
            The axes, with true proportions and y or z downwards, as in images; axes that hold an
            image already keep their proportions.

        Raises
        ------
        ZException
            When matplotlib is not installed.
        ValueError
            For another colour or plane, ``"error"`` without `gold`, or an unknown voxel size.

        Examples
        --------
        >>> tree = zimg.ZSwc.from_arrays([[0, 0, 0], [4, 3, 0]], 1, [-1, 0])
        >>> tree.plot(color="radius").get_xlabel()  # doctest: +SKIP
        'x'
        """
        from zimg.view.plane_plot import plot_plane  # SciPy is loaded by those who need it

        if plane not in ("xy", "xz", "zy"):
            raise ValueError(f"plane must be 'xy', 'xz' or 'zy', got {plane!r}")
        below = None if image is None else _background(self, image, channel)
        unit = LABELS.get(str(self.unit), self.unit or "")
        colours = _colouring(self, color, gold)
        return plot_plane(self, colours, ax=ax, plane=plane, background=below, unit=unit)

    def plot3d(self, *, color: Colour = "tree", gold: NodeTable | None = None) -> Any:
        """Draw the forest as an interactive figure with plotly (extra ``plot3d``).

        Parameters
        ----------
        color, gold
            As in `plot`.

        Returns
        -------
        plotly.graph_objects.Figure
            Shown by a notebook; ``figure.write_html("tree.html")`` keeps it. It needs scripts: a
            saved notebook that is not trusted shows three projections instead. 10^5 nodes are a
            page of 7 MB.

        Raises
        ------
        ZException
            When plotly is not installed.
        ValueError
            For another colour, or ``"error"`` without `gold`.
        """
        from zimg.view.space_plot import plot_space

        unit = LABELS.get(str(self.unit), self.unit or "")
        return plot_space(self, _colouring(self, color, gold), unit=unit)

    def morphometry(
        self,
        *,
        spacing: Sequence[float] = (1.0, 1.0, 1.0),
        sholl_step: float | None = None,
        center: ArrayLike | None = None,
    ) -> Morphometry:
        """Measure the shape: branch table, Strahler orders, Sholl crossings, asymmetry, sizes.

        Parameters
        ----------
        spacing
            Size of a voxel along x, y, z, by which positions are multiplied; radii by the
            geometric mean of x and y.
        sholl_step
            Distance of the spheres of the Sholl analysis; by default there are 20 up to the
            farthest node.
        center
            Position x, y, z of the centre of the spheres, in the unit of the nodes; by default the
            first root.

        Returns
        -------
        Morphometry
            Numbers, and one row for each branch; lengths are in the unit of the forest times
            `spacing`.

        Raises
        ------
        ValueError
            For a spacing or step that is not positive.

        Examples
        --------
        >>> tree = zimg.ZSwc.from_arrays(
        ...     [[0, 0, 0], [4, 0, 0], [4, 3, 0], [8, 0, 0]], 1, [-1, 0, 1, 1]
        ... )
        >>> shape = tree.morphometry(sholl_step=2)
        >>> shape.tips, shape.forks, shape.length
        (2, 1, 11.0)
        >>> shape.branches.length.tolist(), shape.strahler.tolist()
        ([4.0, 3.0, 4.0], [2, 2, 1, 1])
        >>> shape.sholl.radii.tolist(), shape.sholl.crossings.tolist()
        ([2.0, 4.0, 6.0], [1, 2, 1])
        """
        return measured(self, spacing, sholl_step, center)


def _colouring(tree: TreeUnits, color: str, gold: NodeTable | None) -> "Colouring":
    """Groups or values by what the caller asks for."""
    from zimg.view.colouring import Values, by_tree, by_type

    if color == "tree":
        return by_tree(tree)
    if color == "type":
        return by_type(tree.type)
    if color == "radius":
        return Values("radius", np.where(tree.radius < 0, np.nan, tree.radius))
    if color != "error":
        raise ValueError(f"color must be 'tree', 'type', 'radius' or 'error', got {color!r}")
    if gold is None:
        raise ValueError("color='error' needs the expected tree: gold=...")
    return Values("distance from gold", _errors(tree, gold))


def _errors(tree: NodeTable, gold: NodeTable) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Distance of each node from the nearest point of an expected forest."""
    from zimg.swc.sampling import nearest, sampled

    require_one_unit([tree, gold])
    if not len(gold):
        return np.full(len(tree), np.nan)
    linked = gold.edge_lengths()[gold.parent >= 0]
    step = float(np.median(linked)) / FINENESS if linked.size else 0.0
    return nearest(tree.xyz, sampled(gold, np.ones(3), step or 1.0))[0]


def _background(tree: TreeUnits, image: Any, channel: int) -> "Background":
    """Volume of a channel, and its voxel size in the unit of the forest."""
    from zimg.view.plane_plot import Background

    info = getattr(image, "info", None)
    volume = image if info is None else image.data[0][channel, ...]
    if tree.unit in (None, "voxel"):
        return Background(volume, (1.0, 1.0, 1.0), _proportions(tree, info))
    size = tree.voxel_size if info is None else sizes_in_um(info)
    if size is None or tree.unit != "um":
        raise ValueError(f"the tree is in {tree.unit}: to_voxels() places it over the image")
    return Background(volume, size)


def _proportions(tree: TreeUnits, info: ZImgInfo | None) -> tuple[float, float, float]:
    """Sizes of a voxel along x, y, z in any common unit; equal when they are not known."""
    stated = None if info is None else (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ)
    size = stated or tree.voxel_size
    usable = size is not None and all(math.isfinite(each) and each > 0 for each in size)
    return size if size is not None and usable else (1.0, 1.0, 1.0)
