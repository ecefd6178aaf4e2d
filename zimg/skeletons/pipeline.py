"""From a volume to its skeleton: mask, growth, branches, nodes, trees."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zimg._progress import Reporter
from zimg._typing import Array
from zimg.ops import to_host
from zimg.skeletons.balls import Painter
from zimg.skeletons.branches import Extraction
from zimg.skeletons.bridging import bridge
from zimg.skeletons.chains import chain, radii
from zimg.skeletons.descent import Descent, Floats, Index, descent, path_lengths
from zimg.skeletons.joining import NODE_TYPE, Joiner
from zimg.skeletons.mask import object_mask
from zimg.skeletons.options import SkeletonizeConfig
from zimg.skeletons.root import Anchor, root_at
from zimg.skeletons.voxels import (
    Voxels,
    farthest,
    found_in,
    grown,
    spatial_squared,
    steps_of,
    surface_of,
    thickest,
)
from zimg.skeletons.window import Corner, occupied
from zimg.swc import ZSwc
from zimg.swc.cleaning import resample_optimal
from zimg.swc.forest import Forest
from zimg.swc.links import NONE

MOST_OBJECTS = 65533
"""More give no result (behaviour of the reference)."""

Radius = Literal["planar", "euclidean"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for beyond the options of the reference.

    Attributes
    ----------
    radius
        Distance that the radii of nodes tell.
    root
        Where a tree begins, or None.
    """

    radius: Radius = "planar"
    root: Anchor | None = None


def run_skeletonize(
    volume: Array, /, *, options: SkeletonizeConfig, report: Reporter, wish: Wish | None = None
) -> ZSwc:
    """Skeletonize a volume.

    Parameters
    ----------
    volume
        ``(Z, Y, X)`` of any framework and real type.
    options
        What to do.
    report
        Told of the stages.
    wish
        Radii and root; None for those of the reference.

    Returns
    -------
    ZSwc
        Nodes in voxels of `volume`, x, y, z; empty when there is no object.
    """
    report.stage("mask")
    window = occupied(volume, options)
    if window is None:
        return ZSwc()
    wish, start = wish or Wish(), window.reduced(options)
    return skeleton_of(
        object_mask(window.of(volume), options), start, options=options, report=report, wish=wish
    )


def skeleton_of(
    mask: Array, start: Corner, /, *, options: SkeletonizeConfig, report: Reporter, wish: Wish
) -> ZSwc:
    """Skeletonize the objects of a mask.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool: the part of a reduced volume with its objects.
    start
        First voxel z, y, x of the part.
    options, report, wish
        As of `run_skeletonize`.
    """
    voxels = found_in(mask, smallest=options.smallest)
    del mask  # what follows takes much more memory
    if voxels is None or int(voxels.object_of.max()) >= MOST_OBJECTS:
        return ZSwc()
    report.stage("grow")
    objects = _Objects(voxels, start, options, report, wish)
    forest, own = Forest(), list[int]()
    for number, trees in objects.forests():
        added = _append(forest, trees)
        own = added if number == objects.rooted else own
    _scale(forest, options)
    if options.connectingBranch:
        _bridged(forest, options)
    if options.resampleSwc:
        resample_optimal(forest)
    if objects.rooted is not None:
        root_at(forest, own, *objects.root_node())
    return forest.to_swc()


class _Objects:
    """The objects of a mask, grown."""

    def __init__(
        self,
        voxels: Voxels,
        start: Corner,
        options: SkeletonizeConfig,
        report: Reporter,
        wish: Wish,
    ) -> None:
        self._options, self._report = options, report
        self._object_of = voxels.object_of
        self._places = voxels.places()
        self._start = np.asarray(start)
        self._squared = voxels.squared
        self._depth: NDArray[Any] = voxels.squared
        if wish.radius == "euclidean":
            self._depth = spatial_squared(voxels, along_z=_height(options))
        self._surface = surface_of(voxels)
        report.check()
        root = None if wish.root is None else wish.root.nearest(self._places + self._start)
        self._root = -1 if root is None else root
        self.rooted = None if root is None else int(voxels.object_of[root])
        self._sources, self._tree = self._grown(voxels)
        report.check()
        self._numbers: NDArray[Any] = to_host(voxels.numbers())

    def _grown(self, voxels: Voxels) -> tuple[Index, Descent]:
        """Where growth starts in each object, and the trees of paths."""
        steps, options = steps_of(self._options.resolution), self._options
        sources = self._with_root(thickest(voxels))
        paths = grown(voxels, sources, steps)
        self._report.check()
        if options.rebase:
            far = farthest(voxels, self._surface, path_lengths(*paths, steps))
            sources = self._with_root(far)
            paths = grown(voxels, sources, steps)
        return sources, descent(*paths, steps)

    def _with_root(self, sources: Index) -> Index:
        if self.rooted is not None:
            sources[self.rooted] = self._root
        return sources

    def root_node(self) -> tuple[tuple[float, float, float], float]:
        """Position and radius of the root that was asked for, in voxels of the volume."""
        forest, root = Forest(), np.asarray([self._root])
        point = self._points(root)[0]
        alone = np.count_nonzero(self._object_of == self.rooted) == 1
        radius = 1.0 if alone else float(radii(self._depth[root])[0])
        forest.add(tuple(point.tolist()), radius)
        _scale(forest, self._options)
        return forest.position[0], forest.radius[0]

    def forests(self) -> Iterator[tuple[int, Forest]]:
        """The trees of each object, in the order of their first voxels."""
        options = self._options
        extraction = Extraction(self._tree, self._squared, self._places, Painter(self._numbers))
        order = np.argsort(self._object_of, kind="stable")
        members = np.split(order, np.cumsum(np.bincount(self._object_of))[:-1])
        self._report.stage("branches", len(members))
        for number, own in enumerate(members):
            if len(own) > 1:
                yield number, self._joined(extraction, int(self._sources[number]), own)
            elif options.keepingSingleObject or options.shortest <= 1:
                yield number, _single(self._points(own)[0])
            self._report.advance()

    def _joined(self, extraction: Extraction, source: int, own: Index) -> Forest:
        """The branches of an object as trees."""
        options, joiner, count = self._options, Joiner(), 0
        surface = own[self._surface[own]]
        for branch in extraction.branches(source, surface, options.shortest):
            self._report.check()
            joiner.add(*chain(self._points(branch), radii(self._depth[branch])))
            count += 1
        if not count and options.keepingSingleObject:
            branch = extraction.longest(surface)
            joiner.add(*chain(self._points(branch), radii(self._depth[branch])))
        return joiner.forest

    def _points(self, voxels: Index) -> Floats:
        """``(n, 3)`` x, y, z in the reduced volume."""
        return (self._places[voxels] + self._start)[:, ::-1].astype(np.float64)


def _height(options: SkeletonizeConfig) -> float:
    """Of a reduced voxel, in units of its width."""
    in_plane, along_z = options.resolution
    if min(options.resolution) <= 0:  # as in `steps_of`
        in_plane = along_z = 1.0
    fx, fy, fz = options.factors
    return float(along_z * fz / (in_plane * (fx * fy) ** 0.5))


def _single(point: Floats) -> Forest:
    """An object of one voxel as a node."""
    forest = Forest()
    forest.add(tuple(point.tolist()), 1.0, type=NODE_TYPE)
    return forest


def _append(forest: Forest, other: Forest) -> list[int]:
    """Add all trees of `other` behind those of `forest`; the new nodes."""
    number = {NONE: NONE}
    for node in other.depth_first():
        new = forest.add(other.position[node], other.radius[node], type=other.type[node])
        number[node] = new
        if other.parent[node] != NONE:
            forest.append_child(number[other.parent[node]], new)
    return list(number.values())[1:]


def _scale(forest: Forest, options: SkeletonizeConfig) -> None:
    fx, fy, fz = options.factors
    if max(fx, fy, fz) == 1:
        return
    forest.position = [(x * fx, y * fy, z * fz) for x, y, z in forest.position]
    forest.radius = [radius * (fx * fy) ** 0.5 for radius in forest.radius]


def _bridged(forest: Forest, options: SkeletonizeConfig) -> None:
    in_plane, along_z = options.resolution
    z_scale = along_z / in_plane if in_plane != 1 else along_z
    widest = options.maximalDistance / in_plane if options.maximalDistance >= 0 else -1.0
    bridge(forest, z_scale=z_scale, widest=widest)
