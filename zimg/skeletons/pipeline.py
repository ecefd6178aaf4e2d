"""From a volume to its skeleton: mask, growth, branches, nodes, trees."""

from collections.abc import Iterator

import numpy as np

from zimg._dispatch import array_namespace
from zimg._progress import Reporter
from zimg._typing import Array
from zimg.kernels.components import remove_small
from zimg.ops import to_host
from zimg.skeletons.balls import Painter
from zimg.skeletons.branches import Extraction
from zimg.skeletons.bridging import bridge
from zimg.skeletons.chains import chain, radii
from zimg.skeletons.descent import Index, descent, path_lengths
from zimg.skeletons.joining import NODE_TYPE, Joiner
from zimg.skeletons.mask import object_mask
from zimg.skeletons.options import SkeletonizeConfig
from zimg.skeletons.voxels import Voxels, farthest, grown, numbered, steps_of, thickest
from zimg.swc import ZSwc
from zimg.swc.edits import Forest
from zimg.swc.links import NONE
from zimg.swc.resampling import resample_optimal

MOST_OBJECTS = 65533
"""More give no result (behaviour of the reference)."""


def run_skeletonize(volume: Array, /, *, options: SkeletonizeConfig, report: Reporter) -> ZSwc:
    """Skeletonize a volume.

    Parameters
    ----------
    volume
        ``(Z, Y, X)`` of any framework and real type.
    options
        What to do.
    report
        Told of the stages.

    Returns
    -------
    ZSwc
        Nodes in voxels of `volume`, x, y, z; empty when there is no object.
    """
    report.stage("mask")
    xp = array_namespace(volume)
    mask = object_mask(volume, options)
    if options.smallest > 0:
        mask = remove_small(mask, options.smallest, xp=xp)
    if not bool(to_host(xp.any(mask))):
        return ZSwc()
    report.stage("grow")
    voxels = numbered(mask)
    if int(voxels.object_of.max()) >= MOST_OBJECTS:
        return ZSwc()
    forest = Forest()
    for branch_forest in _objects(voxels, options, report):
        _append(forest, branch_forest)
    _scale(forest, options)
    if options.connectingBranch:
        _bridged(forest, options)
    if options.resampleSwc:
        resample_optimal(forest)
    return forest.to_swc()


def _objects(voxels: Voxels, options: SkeletonizeConfig, report: Reporter) -> Iterator[Forest]:
    """The trees of each object, in the order of their first voxels."""
    steps = steps_of(options.resolution)
    sources = thickest(voxels)
    paths = grown(voxels, sources, steps)
    if options.rebase:
        sources = farthest(voxels, path_lengths(*paths, steps))
        paths = grown(voxels, sources, steps)
    tree = descent(*paths, steps)
    extraction = Extraction(tree, voxels.squared, voxels.places, Painter(voxels.numbers))
    order = np.argsort(voxels.object_of, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(voxels.object_of))[:-1])
    report.stage("branches", len(members))
    for source, own in zip(sources.tolist(), members, strict=True):
        if len(own) > 1:
            yield _object_forest(voxels, extraction, source, own, options)
        elif options.keepingSingleObject or options.shortest <= 1:
            yield _single(voxels, own)
        report.advance()


def _single(voxels: Voxels, own: Index) -> Forest:
    """An object of one voxel as a node."""
    forest = Forest()
    z, y, x = voxels.places[own[0]].tolist()
    forest.add((float(x), float(y), float(z)), 1.0, type=NODE_TYPE)
    return forest


def _object_forest(
    voxels: Voxels, extraction: Extraction, source: int, own: Index, options: SkeletonizeConfig
) -> Forest:
    joiner, surface = Joiner(), own[voxels.is_surface[own]]
    branches = list(extraction.branches(source, surface, options.shortest))
    if not branches and options.keepingSingleObject:
        branches = [extraction.longest(surface)]
    for branch in branches:
        points = voxels.places[branch][:, ::-1].astype(np.float64)
        joiner.add(*chain(points, radii(voxels.squared[branch])))
    return joiner.forest


def _append(forest: Forest, other: Forest) -> None:
    """Add all trees of `other` behind those of `forest`."""
    number = {NONE: NONE}
    for node in other.depth_first():
        new = forest.add(other.position[node], other.radius[node], type=other.type[node])
        number[node] = new
        if other.parent[node] != NONE:
            forest.append_child(number[other.parent[node]], new)


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
