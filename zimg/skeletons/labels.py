"""`zimg.skeletonize_labels`: a skeleton for every label of a segmentation."""

from collections.abc import Iterable, Sequence
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._progress import Cancel, Progress, reporter
from zimg._typing import Array
from zimg.image import ZImg
from zimg.image.volume import volume_of
from zimg.kernels.widen import widened as widened_type
from zimg.ops import gather, to_host, upload
from zimg.ops.memory import on_host
from zimg.skeletons.automatic import checked_radius, intervals
from zimg.skeletons.bodies import Body, Workers, checked_workers, trees_of
from zimg.skeletons.descent import Index
from zimg.skeletons.options import Config, SkeletonizeConfig, resolve_options
from zimg.skeletons.pipeline import Radius, Wish
from zimg.skeletons.window import Window, widened
from zimg.swc import ZSwc


def skeletonize_labels(
    labels: ZImg | Array,
    /,
    *,
    ids: Iterable[int] | None = None,
    channel: int = 0,
    time: int = 0,
    config: Config = None,
    downsample: Sequence[int] | None = None,
    radius: Radius = "planar",
    workers: Workers = None,
    progress: Progress = None,
    cancel: Cancel | None = None,
) -> dict[int, ZSwc]:
    """Find the centre lines of every body of a segmentation.

    Parameters
    ----------
    labels
        A `ZImg`, or a ``(Z, Y, X)`` or ``(Y, X)`` integer array of any framework: the body that
        each voxel belongs to, 0 for none. Bodies that touch are apart.
    ids
        Labels of the bodies asked for; None for all.
    channel, time, config, downsample, radius, progress, cancel
        As of `skeletonize`. Progress counts bodies. On workers, bodies under way are finished
        before the work stops.
    workers
        None for one body after the other; a number of processes; or an executor of the protocol of
        `concurrent.futures`, such as Dask's ``client.get_executor()``, which stays open. For labels
        in the memory of the host. As always with processes, a script that asks for them needs
        ``if __name__ == "__main__":``.

    Returns
    -------
    dict of int to ZSwc
        For each label, in the order of `ids` or ascending, the tree that `skeletonize` makes of
        ``labels == label``; empty when it makes none.

    Raises
    ------
    ValueError
        For labels that are 0 or not in the volume, and other arguments without meaning.
    ZException
        When a worker is killed.
    TypeError
        For labels that are not integers.
    ZCancellationException
        When `cancel` was set.

    Notes
    -----
    The volume is searched once; each body then costs what its own box does, so that the largest
    one, or the largest ones of all workers, say how much memory is taken.
    """
    volume = volume_of(labels, channel, time, caller="skeletonize_labels")
    xp = array_namespace(volume)
    if not xp.isdtype(volume.dtype, "integral"):
        raise TypeError(f"labels must be integers, got {volume.dtype}")
    if on_host(volume):  # JAX would compile for every box
        volume = to_host(volume)
    options = resolve_options(config, downsample=intervals(downsample))
    wish, workers = Wish(checked_radius(radius)), checked_workers(workers)
    if workers is not None and not isinstance(volume, np.ndarray):
        raise ValueError("workers are for labels in the memory of the host, not of a device")
    with reporter(progress, cancel) as report:
        report.stage("labels")
        boxes = _chosen(boxes_of(volume), ids)
        report.stage("bodies", len(boxes))
        found, quiet = {}, reporter(None, cancel)  # stages of one body are not shown
        bodies = (_body(volume, label, boxes[label], options) for label in _largest_first(boxes))
        for label, tree in trees_of(bodies, options, wish, workers=workers, report=quiet):
            found[label] = tree
            report.advance()
        return {label: found[label] for label in boxes}


def _body(volume: Array, label: int, box: Window, options: SkeletonizeConfig) -> Body:
    """One label in its box."""
    window = widened(box, volume.shape, options)
    part = widened_type(window.of(volume), xp=array_namespace(volume))
    return Body(label, part == label, window.reduced(options))


def _largest_first(boxes: dict[int, Window]) -> list[int]:
    """Labels by the size of their boxes, so that no worker is left with a large one at the end."""
    return sorted(boxes, key=lambda label: -boxes[label].size)


def _chosen(boxes: dict[int, Window], ids: Iterable[int] | None) -> dict[int, Window]:
    """The boxes of the labels asked for."""
    if ids is None:
        return boxes
    wanted = [index(label) for label in ids]
    unknown = sorted({label for label in wanted if label not in boxes})
    if unknown:
        some = ", ".join(map(str, unknown[:10])) + (", ..." if len(unknown) > 10 else "")
        raise ValueError(f"the volume has no body with label {some}")
    return {label: boxes[label] for label in wanted}


def boxes_of(labels: Array, /) -> dict[int, Window]:
    """The box of every label but 0, in ascending order.

    Parameters
    ----------
    labels
        ``(Z, Y, X)`` integers.
    """
    starts, lengths, values = _runs(labels)
    order = np.argsort(values, kind="stable")
    order = order[values[order] != 0]
    if not len(order):
        return {}
    ids, first = np.unique(values[order], return_index=True)
    z, y, x = np.unravel_index(starts[order], labels.shape)
    low = [np.minimum.reduceat(place, first).tolist() for place in (z, y, x)]
    last = (z, y, x + lengths[order] - 1)
    high = [(np.maximum.reduceat(place, first) + 1).tolist() for place in last]
    corners = zip(zip(*low, strict=True), zip(*high, strict=True), strict=True)
    return {
        label: Window(start, stop)
        for label, (start, stop) in zip(ids.tolist(), corners, strict=True)
    }


def _runs(labels: Array) -> tuple[Index, Index, NDArray[Any]]:
    """Runs of equal labels along x: first voxels, lengths and labels; on the host."""
    xp = array_namespace(labels)
    values = widened_type(labels, xp=xp)
    before = xp.concat([values[..., :1], values[..., :-1]], axis=2)
    begins = to_host(values != before).copy()
    begins[..., 0] = True
    starts: Index = np.flatnonzero(begins)
    lengths = np.diff(starts, append=begins.size)
    short = np.int32 if begins.size < 2**31 else np.int64
    at = upload(starts, on=device(labels), dtype=short, xp=xp)
    return starts, lengths, to_host(gather(xp.reshape(values, (-1,)), at, xp=xp))
