"""`zimg.skeletonize_labels`: a skeleton for every label of a segmentation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import index
from typing import Literal, Self

from zimg._dispatch import array_namespace
from zimg._progress import Cancel, Progress, Reporter, reporter
from zimg._typing import Array
from zimg.image import ZImg
from zimg.image.volume import as_numpy, volume_of
from zimg.skeletons.automatic import intervals, one_of, with_voxel_size
from zimg.skeletons.bodies import Body, Workers, checked_workers, trees_of
from zimg.skeletons.options import Config, SkeletonizeConfig, resolve_options
from zimg.skeletons.pipeline import Positions, Request
from zimg.skeletons.runs import BodyRuns, LabelRuns
from zimg.skeletons.voxels import Radius
from zimg.skeletons.window import widened
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
        A `ZImg`, or a ``(Z, Y, X)`` or ``(Y, X)`` integer array of any framework: the body that
        each voxel belongs to, 0 for none. Bodies that touch are apart.
    ids
        Labels of the bodies asked for; None for all above 0. Those below 0, which often mark what
        is to be ignored, are bodies only if they are named.
    channel, time, config, downsample, radius, positions, progress, cancel
        As of `skeletonize`. Progress counts bodies. On workers, bodies under way are finished
        before the work stops.
    root
        None: trees begin at their thickest node; ``"reference"``: where the reference has it.
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
    """What is asked of a segmentation, checked.

    Attributes
    ----------
    volume
        ``(Z, Y, X)`` labels, where they are worked on.
    ids
        Labels asked for; None for all.
    options, request, workers
        Of all bodies.
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
        """Check arguments as of `skeletonize_labels`."""
        volume = volume_of(labels, channel, time, caller="skeletonize_labels")
        if not array_namespace(volume).isdtype(volume.dtype, "integral"):
            raise TypeError(f"labels must be integers, got {volume.dtype}")
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
        """Label and tree of every body as soon as it is done, in any order."""
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
        """One body in its box."""
        shape = tuple(self.volume.shape)
        window = widened(body.box, shape, self.options)
        return Body(body, window)


def _largest_first(bodies: Iterable[BodyRuns]) -> list[BodyRuns]:
    """Bodies by their voxels, so that no worker is left with a large one at the end."""
    return sorted(bodies, key=lambda body: -int(body.length.sum()))


def _chosen(runs: LabelRuns, ids: list[int] | None) -> list[int]:
    """The labels asked for; all above 0 when None."""
    if ids is None:
        return [label for label in runs.labels if label > 0]
    unknown = sorted(set(ids) - set(runs.labels))
    if unknown:
        some = ", ".join(map(str, unknown[:10])) + (", ..." if len(unknown) > 10 else "")
        raise ValueError(f"ids must be labels of the volume; it has no body with label {some}")
    return ids
