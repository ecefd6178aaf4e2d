"""`zimg.skeletonize`: the skeleton of a binary image or array."""

from collections.abc import Sequence
from operator import index
from typing import get_args

from zimg._progress import Cancel, Progress, reporter
from zimg._typing import Array
from zimg.image import ZImg
from zimg.image.volume import volume_of
from zimg.skeletons.options import Config, resolve_options
from zimg.skeletons.pipeline import Radius, Wish, run_skeletonize
from zimg.skeletons.root import Root, anchor
from zimg.swc import ZSwc


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
    progress: Progress = None,
    cancel: Cancel | None = None,
) -> ZSwc:
    """Find the centre lines of the objects in a volume.

    Parameters
    ----------
    image_or_array
        A `ZImg`, or a ``(Z, Y, X)`` or ``(Y, X)`` array of any framework; objects are what is above
        0, unless `config` says otherwise, and touching labels are one object. Distances, objects
        and growth are computed by that framework on its device, branches and nodes on the host.
    channel, time
        Which of the image's channels and time points; an array has one of each.
    config
        None for the code defaults of the reference; else a `SkeletonizeConfig`, a mapping of
        options, the name of a preset such as ``"SKELETONIZE"``, or a file.
    downsample
        Whole factors along x, y, z by which the mask is reduced first, 1 for none; they replace
        `downsampleInterval` of the configuration, which is one less.
    root
        Where a tree begins: a point x, y, z in voxels of the volume, or a mask of its shape, such
        as a soma, whose most interior voxel is taken. Growth of the object that holds this voxel,
        or is nearest to it, starts at its voxel nearest to it, and its tree has its root there;
        `rebase` does not concern this object, and the trees of others are as without. None starts
        at the thickest place, as the reference does.
    radius
        ``"planar"``: distance to the background of the plane, as in the reference; ``"euclidean"``:
        distance to the background of the volume, in widths of a voxel, with the `resolution` of the
        configuration. Growth and branches are the same; nodes, and where branches join, follow
        their radii.
    progress
        True for progress bars, or a callable of stage, steps done and steps in all (None: unknown).
    cancel
        An object like `threading.Event`; when it is set, the work stops.

    Returns
    -------
    ZSwc
        Positions x, y, z and radii in voxels of the volume; empty when there is no object.

    Raises
    ------
    ValueError, TypeError
        For arguments, such as a root outside the volume or a mask of another shape.
    ZException
        When the objects are too large for numbers of 32 bits.
    ZCancellationException
        When `cancel` was set.

    Notes
    -----
    The method and its results are those of neuTube (Feng, Zhao and Kim 2015,
    doi:10.1523/ENEURO.0049-14.2014).
    """
    volume = volume_of(image_or_array, channel, time, caller="skeletonize")
    options = resolve_options(config, downsample=intervals(downsample))
    if isinstance(root, ZImg):
        root = volume_of(root, 0, 0, caller="root")
    wish = Wish(checked_radius(radius), anchor(root, tuple(volume.shape), options))
    with reporter(progress, cancel) as report:
        return run_skeletonize(volume, options=options, report=report, wish=wish)


def checked_radius(radius: Radius) -> Radius:
    """The name of a distance, if it is one."""
    if radius not in get_args(Radius):
        raise ValueError(f"radius takes 'planar' or 'euclidean', got {radius!r}")
    return radius


def intervals(factors: Sequence[int] | None) -> list[int] | None:
    """Voxels skipped, from factors along x, y, z."""
    if factors is None:
        return None
    whole = [index(factor) for factor in factors]
    if len(whole) != 3 or min(whole) < 1:
        raise ValueError(f"downsample takes three whole numbers from 1 up, got {tuple(factors)}")
    return [factor - 1 for factor in whole]
