"""`zimg.skeletonize_labels`: a skeleton for every label of a segmentation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import index
from typing import Literal, Self

from zimg._dispatch import array_namespace
from zimg._progress import Cancel, Progress, Reporter, reporter
from zimg._typing import Array
from zimg.arrays.interop import dtype_name
from zimg.image import ZImg
from zimg.image.volume import as_numpy, volume_of
from zimg.ops.placing import on_device_of_first
from zimg.skeletons.automatic import intervals, one_of, with_voxel_size
from zimg.skeletons.bodies import Body, Workers, checked_workers, trees_of
from zimg.skeletons.options import Config, SkeletonizeConfig, resolve_options
from zimg.skeletons.pipeline import Positions, Request
from zimg.skeletons.runs import BodyRuns, LabelRuns
from zimg.skeletons.voxels import Radius
from zimg.skeletons.window import widened
from zimg.swc import ZSwc


@on_device_of_first
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
    root: Literal["reference"] | None = None,
    positions: Positions = "centred",
    workers: Workers = None,
    progress: Progress = None,
    cancel: Cancel | None = None,
) -> dict[int, ZSwc]:
    """Find the centre lines of every body of a segmentation.

    Parameters
    ----------
    labels
        A `ZImg`, or a ``(Z, Y, X)`` or ``(Y, X)`` integer array of any framework, with the label of
        the body of each voxel, 0 for background. Touching bodies are separate.
    ids
        Labels of the bodies to skeletonize; None for all above 0. Negative labels, which often mark
        voxels to ignore, are bodies only if they are listed.
    channel, time, config, downsample, radius, positions, progress, cancel
        As in `skeletonize`. Progress counts bodies. With workers, running bodies are finished
        before cancellation takes effect.
    root
        None for roots at the thickest nodes; ``"reference"`` for the roots of the reference.
    workers
        None for sequential processing; a number of processes; or an executor with the interface of
        `concurrent.futures`, such as Dask's ``client.get_executor()``, which stays open. Only for
        labels in host memory. A script that uses processes needs ``if __name__ == "__main__":``.

    Returns
    -------
    dict of int to ZSwc
        For each label, in the order of `ids` or ascending, the tree that `skeletonize` returns for
        ``labels == label``; it may be empty.

    Raises
    ------
    ValueError
        For labels that are 0 or not in the volume, and other invalid arguments.
    ZException
        When a worker process is killed.
    TypeError
        For labels that are not integers.
    ZCancellationException
        When `cancel` was set.

    Notes
    -----
    The volume is searched once; each body is then processed in its own box, so that memory depends
    on the largest bodies that are processed at the same time. A device searches its labels and
    sends the runs of voxels along x, about 10 bytes each; bodies are processed on the host.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.zeros((9, 30, 40), np.uint16)
    >>> labels[3:6, 3:6, 2:38] = 7
    >>> labels[3:6, 20:23, 2:38] = 9
    >>> sorted(zimg.skeletonize_labels(labels))
    [7, 9]
    """
    search = LabelSearch.of(
        labels,
        ids=ids,
        channel=channel,
        time=time,
        config=config,
        downsample=downsample,
        radius=radius,
        root=root,
        positions=positions,
        workers=workers,
    )
    with reporter(progress, cancel) as report:
        found = dict(search.trees(report))
    return {label: found[label] for label in search.ids or sorted(found)}


@dataclass(frozen=True, slots=True)
class LabelSearch:
    """Checked arguments for a segmentation.

    Attributes
    ----------
    volume
        ``(Z, Y, X)`` labels, on the device of the computation.
    ids
        Requested labels; None for all.
    options, request, workers
        Common to all bodies.
    """

    volume: Array
    ids: list[int] | None
    options: SkeletonizeConfig
    request: Request
    workers: Workers

    @classmethod
    def of(
        cls,
        labels: ZImg | Array,
        /,
        *,
        ids: Iterable[int] | None = None,
        channel: int = 0,
        time: int = 0,
        config: Config = None,
        downsample: Sequence[int] | None = None,
        radius: Radius = "planar",
        root: Literal["reference"] | None = None,
        positions: Positions = "centred",
        workers: Workers = None,
    ) -> Self:
        """Check the arguments of `skeletonize_labels`."""
        volume = volume_of(labels, channel, time, caller="skeletonize_labels")
        if not array_namespace(volume).isdtype(volume.dtype, "integral"):
            given = getattr(labels, "dtype", volume.dtype)  # floats of 16 bits are widened
            raise TypeError(f"labels must be integers, got {dtype_name(given)}")
        volume = as_numpy(volume)
        options = with_voxel_size(resolve_options(config, downsample=intervals(downsample)), labels)
        request = Request(
            radius=one_of("radius", radius, Radius),
            thickest=root is None or one_of("root", root, Literal["reference"]) != "reference",
            centred=one_of("positions", positions, Positions) == "centred",
        )
        wanted = None if ids is None else [index(label) for label in ids]
        return cls(volume, wanted, options, request, checked_workers(workers))

    def trees(self, report: Reporter) -> Iterator[tuple[int, ZSwc]]:
        """Yield label and tree of each body as it is finished, in any order."""
        report.stage("labels")
        runs = LabelRuns.of(self.volume)
        bodies = {label: runs.body(label) for label in _chosen(runs, self.ids)}
        report.stage("bodies", len(bodies))
        quiet = report.quiet()  # stages of one body are not shown
        waiting = (self._body(body) for body in _largest_first(bodies.values()))
        for found in trees_of(
            waiting, self.options, self.request, workers=self.workers, report=quiet
        ):
            yield found
            report.advance()

    def _body(self, body: BodyRuns) -> Body:
        """Make one body in its box."""
        shape = tuple(self.volume.shape)
        window = widened(body.box, shape, self.options)
        return Body(body, window)


def _largest_first(bodies: Iterable[BodyRuns]) -> list[BodyRuns]:
    """Bodies by decreasing number of voxels, to balance workers."""
    return sorted(bodies, key=lambda body: -int(body.length.sum()))


def _chosen(runs: LabelRuns, ids: list[int] | None) -> list[int]:
    """The requested labels; all above 0 if None."""
    if ids is None:
        return [label for label in runs.labels if label > 0]
    unknown = sorted(set(ids) - set(runs.labels))
    if unknown:
        some = ", ".join(map(str, unknown[:10])) + (", ..." if len(unknown) > 10 else "")
        raise ValueError(f"ids must be labels of the volume; it has no body with label {some}")
    return ids
