"""The pipeline of skeletonization: mask, growth, branches, nodes, trees."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zimg._progress import Reporter
from zimg._typing import Array
from zimg.image.volume import as_numpy
from zimg.skeletons.branches import Branches, branch_voxels
from zimg.skeletons.bridging import bridged, thinned
from zimg.skeletons.chains import chain_nodes, radii
from zimg.skeletons.joining import joined_chains
from zimg.skeletons.mask import object_mask
from zimg.skeletons.nodes import Nodes
from zimg.skeletons.options import SkeletonizeConfig
from zimg.skeletons.paths import Floats, Index, PathForest
from zimg.skeletons.root import Anchor, at_thickest, root_at
from zimg.skeletons.voxels import Radius, Voxels, found_in, steps_of
from zimg.skeletons.window import Corner, occupied
from zimg.swc import ZSwc

Flags = NDArray[np.bool_]
Positions = Literal["centred", "reference"]


@dataclass(frozen=True, slots=True)
class Request:
    """Options beyond those of the reference.

    Attributes
    ----------
    radius
        Distance used by growth, branches and radii.
    root
        Root of a tree, or None.
    thickest
        Whether other trees have their root at the thickest node instead of that of the reference.
    centred
        Whether positions in a reduced volume are centres of blocks instead of their first voxels.
    """

    radius: Radius = "planar"
    root: Anchor | None = None
    thickest: bool = True
    centred: bool = True


REFERENCE = Request(thickest=False, centred=False)
"""Behaviour of the reference."""


def run_skeletonize(
    volume: Array,
    /,
    *,
    options: SkeletonizeConfig,
    report: Reporter,
    request: Request = REFERENCE,
) -> ZSwc:
    """Skeletonize a volume.

    Parameters
    ----------
    volume
        ``(Z, Y, X)`` of any framework and real type.
    options
        Options of the run.
    report
        Receives the stages.
    request
        Radii, roots and positions.

    Returns
    -------
    ZSwc
        Nodes in voxels of `volume`, x, y, z; empty if there is no object.
    """
    report.stage("mask")
    volume = as_numpy(volume)  # compiled loops process memory that the CPU can view
    window = occupied(volume, options)
    if window is None:
        return ZSwc()
    mask = object_mask(window.of(volume), options)
    return skeleton_of(
        mask, window.reduced(options), options=options, report=report, request=request
    )


def skeleton_of(
    mask: Array, start: Corner, /, *, options: SkeletonizeConfig, report: Reporter, request: Request
) -> ZSwc:
    """Skeletonize the objects of a mask.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool: the part of a reduced volume that contains its objects.
    start
        First voxel z, y, x of the part.
    options, report, request
        As of `run_skeletonize`.
    """
    voxels = found_in(mask, smallest=options.smallest, radius=request.radius, height=options.height)
    del mask  # the next steps need much more memory
    if voxels is None:
        return ZSwc()
    return Objects(voxels, start, options, report, request).skeleton()


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of a mask with the options of the run.

    Attributes
    ----------
    voxels
        Voxels of all objects.
    start
        First voxel z, y, x of the mask in the reduced volume.
    options, report, request
        As of `run_skeletonize`.
    """

    voxels: Voxels
    start: Corner
    options: SkeletonizeConfig
    report: Reporter
    request: Request

    def skeleton(self) -> ZSwc:
        """Run growth, branches, nodes and joining."""
        self.report.stage("grow")
        root = self._root()
        surface = self.voxels.surface
        paths = self._paths(surface, root)
        self.report.stage("branches")
        self.report.check()
        branches = self._branches(surface, paths)
        del surface, paths
        self.report.stage("nodes")
        self.report.check()
        return self._finished(self._nodes(branches), root).to_swc()

    def _root(self) -> int | None:
        """Voxel of the requested root."""
        if self.request.root is None:
            return None
        return self.request.root.nearest(self.voxels.places + np.asarray(self.start))

    def _paths(self, surface: Flags, root: int | None) -> PathForest:
        """Paths from the thickest voxels, or from the far ends of the paths from these."""
        steps = steps_of(self.options.in_widths)
        paths = self.voxels.paths_from(self._with_root(self.voxels.thickest(), root), steps)
        self.report.check()
        if self.options.rebase:
            far = self.voxels.farthest(surface, paths.length)
            paths = self.voxels.paths_from(self._with_root(far, root), steps)
        return paths

    def _with_root(self, sources: Index, root: int | None) -> Index:
        """Sources, with that of one object replaced by the root."""
        if root is not None:
            sources[self.voxels.owner[root]] = root
        return sources

    def _branches(self, surface: Flags, paths: PathForest) -> Branches:
        options, voxels = self.options, self.voxels
        columns = branch_voxels(
            voxels.indices,
            voxels.squared,
            voxels.owner,
            surface,
            forest=paths,
            shape=voxels.shape,
            shortest=options.shortest,
            keeping=options.keepingSingleObject,
            singles=options.keepingSingleObject or options.shortest <= 1,
        )
        return Branches(*columns)

    def _nodes(self, branches: Branches) -> Nodes:
        """Trees of nodes, in the reduced volume."""
        points, radius = self._points(branches.voxels), self._radii(branches.voxels)
        chosen, starts = chain_nodes(points, radius, branches.starts)
        return Nodes(*joined_chains(points[chosen], radius[chosen], starts, branches.owners))

    def _radii(self, chosen: Index) -> Floats:
        """Radii of the nodes at some voxels; 1 for an object of one voxel, as in the reference."""
        alone = np.bincount(self.voxels.owner)[self.voxels.owner[chosen]] == 1
        return np.where(alone, 1.0, radii(self.voxels.squared[chosen]))

    def _points(self, chosen: Index) -> Floats:
        """``(n, 3)`` x, y, z of some voxels in the reduced volume."""
        places = np.stack(np.unravel_index(self.voxels.indices[chosen], self.voxels.shape), axis=1)
        return (places + np.asarray(self.start))[:, ::-1].astype(np.float64)

    def _finished(self, nodes: Nodes, root: int | None) -> Nodes:
        """Scale to voxels of the volume, join, thin, and set the roots."""
        options, request = self.options, self.request
        nodes = nodes.scaled(options.factors, centred=request.centred)
        if options.connectingBranch:
            z_scale, widest = options.gap_scale
            nodes = bridged(nodes, z_scale=z_scale, widest=widest)
        if options.resampleSwc:
            nodes = thinned(nodes)
        if request.thickest:
            nodes = at_thickest(nodes)
        return nodes if root is None else self._rooted(nodes, root)

    def _rooted(self, nodes: Nodes, root: int) -> Nodes:
        """Reroot the tree of the object of the root."""
        one = np.asarray([root])
        node = Nodes(self._points(one), self._radii(one), one * 0, one * 0 - 1, one * 0)
        node = node.scaled(self.options.factors, centred=self.request.centred)
        own = np.flatnonzero(nodes.owner == self.voxels.owner[root])
        forest = nodes.to_forest()
        x, y, z = node.xyz[0].tolist()
        root_at(forest, own.tolist(), (x, y, z), float(node.radius[0]))
        return Nodes.of_forest(forest)
