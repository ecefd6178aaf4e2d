"""`zimg.skeletonize`: the skeleton of a binary image or array."""

from collections.abc import Sequence
from dataclasses import replace
from operator import index
from typing import Any, TypeVar, get_args

from zimg._progress import Cancel, Progress, reporter
from zimg._typing import Array
from zimg.image import ZImg
from zimg.image.volume import volume_of, z_to_xy_ratio
from zimg.ops.placing import on_device_of_first
from zimg.skeletons.options import Config, SkeletonizeConfig, resolve_options
from zimg.skeletons.pipeline import Positions, Request, run_skeletonize
from zimg.skeletons.root import Root, anchor
from zimg.skeletons.voxels import Radius
from zimg.swc import ZSwc

Named = TypeVar("Named", bound=str)


@on_device_of_first
def skeletonize(
    image_or_array: ZImg | Array,
    /,
    *,
    channel: int = 0,
    time: int = 0,
    config: Config = None,
    downsample: Sequence[int] | None = None,
    root: Root | ZImg = None,
    radius: Radius = "planar",
    positions: Positions = "centred",
    progress: Progress = None,
    cancel: Cancel | None = None,
) -> ZSwc:
    """Find the centre lines of the objects in a volume.

    Parameters
    ----------
    image_or_array
        A `ZImg`, or a ``(Z, Y, X)`` or ``(Y, X)`` array of any framework. Voxels above 0 are
        foreground unless `config` says otherwise; touching labels are one object. Arrays in host
        memory are processed there; for others mask, distances, objects and growth are computed on
        their device, branches and nodes on the host.
    channel, time
        Channel and time point of the image; 0 for an array.
    config
        A `SkeletonizeConfig`, a mapping of options, the name of a preset such as ``"SKELETONIZE"``,
        or a file; None for the code defaults of the reference. Without `resolution`, the voxel size
        of a `ZImg` determines the ratio of height to width of a voxel.
    downsample
        Integer factors along x, y, z by which the mask is reduced first; 1 for no reduction. They
        override `downsampleInterval` of the configuration, which is one less.
    root
        Root of a tree: a point x, y, z in voxels of the volume, or a mask of its shape, such as a
        soma, of which the most interior voxel is used. Growth starts in the object nearest to this
        voxel, at its nearest voxel, which becomes the root; `rebase` does not apply to this object.
        Other trees, and all trees with None, have their root at their thickest node.
        ``"reference"`` keeps the roots of the reference, which are mostly tips.
    radius
        ``"planar"``: distance to the background of the plane, as in the reference; ``"euclidean"``:
        distance to the background of the volume, in widths of a voxel. Growth, branches and nodes
        use the same distance, so that lines run through the middle of objects.
    positions
        Position of nodes in a volume reduced by factors f: ``"centred"`` in the middle of the
        block; ``"reference"`` on its first voxel, ``(f - 1) / 2`` voxels off.
    progress
        True for progress bars, or a callable of stage, finished steps and total steps (None:
        unknown).
    cancel
        An object like `threading.Event`; when it is set, the work stops.

    Returns
    -------
    ZSwc
        Positions x, y, z and radii in voxels of the volume; empty if there is no object.

    Raises
    ------
    ValueError, TypeError
        For invalid arguments, such as a root outside the volume or a mask of another shape.
    ZException
        When the objects are too large for 32-bit numbers.
    ZCancellationException
        When `cancel` was set.

    Notes
    -----
    The method and its results are those of neuTube (Feng, Zhao and Kim 2015,
    doi:10.1523/ENEURO.0049-14.2014).

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((9, 9, 40), np.uint8)
    >>> mask[3:6, 3:6, 2:38] = 1
    >>> tree = zimg.skeletonize(mask)
    >>> len(tree.roots)
    1
    """
    volume = volume_of(image_or_array, channel, time, caller="skeletonize")
    options = with_voxel_size(
        resolve_options(config, downsample=intervals(downsample)), image_or_array
    )
    leaving = isinstance(root, str)
    if leaving and root != "reference":
        raise ValueError(f"root must be a point, a mask, None or 'reference', got {root!r}")
    request = Request(
        radius=one_of("radius", radius, Radius),
        root=None if leaving else anchor(_root_volume(root), tuple(volume.shape), options),
        thickest=not leaving,
        centred=one_of("positions", positions, Positions) == "centred",
    )
    with reporter(progress, cancel) as report:
        return run_skeletonize(volume, options=options, report=report, request=request)


def _root_volume(root: Root | ZImg) -> Root:
    return volume_of(root, 0, 0, caller="root") if isinstance(root, ZImg) else root


def with_voxel_size(
    options: SkeletonizeConfig, image_or_array: ZImg | Array, /
) -> SkeletonizeConfig:
    """Options with the voxel size of an image, unless they state a resolution."""
    if options.resolution is not None or not isinstance(image_or_array, ZImg):
        return options
    return replace(options, resolution=(1.0, z_to_xy_ratio(image_or_array.info)))


def one_of(name: str, value: Named, accepted: Any) -> Named:
    """Check that `value` is an accepted literal."""
    if value not in get_args(accepted):
        names = " or ".join(map(repr, get_args(accepted)))
        raise ValueError(f"{name} must be {names}, got {value!r}")
    return value


def intervals(factors: Sequence[int] | None) -> list[int] | None:
    """Voxels skipped, from factors along x, y, z."""
    if factors is None:
        return None
    whole = [index(factor) for factor in factors]
    if len(whole) != 3 or min(whole) < 1:
        raise ValueError(
            f"downsample must be three integers of at least 1 (x, y, z), got {tuple(factors)}"
        )
    return [factor - 1 for factor in whole]
