"""Skeletons of bodies that fit in a box, and of the parts of larger bodies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from zimg._progress import Cancel, reporter
from zimg.blocked.plan import ZYX, Block, Box
from zimg.blocked.records import Record
from zimg.blocked.source import Volume, checked_read
from zimg.skeletons.bodies import Body, trees_of
from zimg.skeletons.options import SkeletonizeConfig
from zimg.skeletons.pipeline import Request
from zimg.skeletons.runs import BodyRuns, LabelRuns
from zimg.skeletons.window import Window
from zimg.swc import ZSwc

EIGHT = np.ones((3, 3), np.bool_)
"""Voxels of a face that touch, also at corners, are one patch."""


@dataclass(frozen=True)
class Patch:
    """Voxels of a face that two parts of a body share.

    Attributes
    ----------
    label
        Label of the body.
    face
        Axis (0, 1, 2 for x, y, z) and first voxel of the face along it.
    center
        ``(3,)`` mean position x, y, z of the voxels.
    radius
        Radius of the disc of equal area, in voxels.
    part
        Number of the connected part of the body in the block to which the patch belongs.
    """

    label: int
    face: tuple[int, int]
    center: NDArray[np.float64]
    radius: float
    part: int


def boxes_task(volume: Volume, block: Block, *, cancel: Cancel | None = None) -> Record:
    """Task: list the labels in a core and their boxes, in voxels of the volume."""
    del cancel
    labels = checked_read(volume, block.core)
    runs = LabelRuns.of(labels)
    boxes = [runs.body(label).box for label in runs.labels]
    offset = np.array(block.core.low, np.int64)
    low = np.array([box.start for box in boxes], np.int64).reshape(-1, 3) + offset
    high = np.array([box.stop for box in boxes], np.int64).reshape(-1, 3) + offset
    return Record({"label": as_integers(runs.labels, labels.dtype), "low": low, "high": high})


def whole_task(
    volume: Volume,
    labels: Sequence[int],
    windows: Sequence[Window],
    options: SkeletonizeConfig,
    request: Request,
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: skeletonize bodies that each fit in a box, as `zimg.skeletonize_labels` does."""
    low = np.min([window.start for window in windows], axis=0)
    high = np.max([window.stop for window in windows], axis=0)
    voxels = checked_read(volume, Box(_three(low), _three(high)))

    runs = LabelRuns.of(voxels)
    bodies = (
        Body(_placed(runs, label, low), window)
        for label, window in zip(labels, windows, strict=True)
    )
    report = reporter(None, cancel)
    trees = dict(trees_of(bodies, options, request, workers=None, report=report))
    return pack_trees([(label, trees[label]) for label in labels], voxels.dtype)


def parts_task(
    volume: Volume,
    block: Block,
    labels: Sequence[int],
    options: SkeletonizeConfig,
    request: Request,
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: nodes of the skeletons of large bodies in one core, and patches on its faces.

    The skeleton is computed in the whole region of the block, so that the faces of the core do
    not influence it.
    """
    voxels = checked_read(volume, block.roi)
    report = reporter(None, cancel)
    trees: list[tuple[int, ZSwc]] = []
    patches: list[Patch] = []
    parts_of_nodes: list[NDArray[np.int64]] = []
    window, runs = Window(block.roi.low, block.roi.high), LabelRuns.of(voxels)
    for label in labels:
        mask = voxels == label
        parts, found = patches_of(mask, label, block, volume.shape)
        patches += found
        body = Body(_placed(runs, label, np.array(block.roi.low)), window)
        _, tree = next(iter(trees_of([body], options, request, workers=None, report=report)))
        own, numbers = _inside(tree, parts, block.core)
        trees.append((label, own))
        parts_of_nodes.append(numbers)
    record = pack_trees(trees, voxels.dtype)
    numbers = np.concatenate([np.zeros(0, np.int64), *parts_of_nodes])
    packed = _packed_patches(patches, voxels.dtype)
    return Record({**record.arrays, **packed, "part": numbers}, record.values)


def _placed(runs: LabelRuns, label: int, low: NDArray[np.int64]) -> BodyRuns:
    """Shift the runs of a label from a part that starts at `low` to voxels of the volume."""
    body = runs.body(label)
    return BodyRuns(label, body.places + low, body.length)


def _inside(tree: ZSwc, parts: NDArray[np.int32], core: Box) -> tuple[ZSwc, NDArray[np.int64]]:
    """Return the nodes of a tree in a core and the part number of each."""
    voxel = np.floor(tree.xyz[:, ::-1] + 0.5).astype(np.int64)
    inside = np.all((voxel >= core.low) & (voxel < core.high), axis=1)
    z, y, x = (voxel[inside] - np.array(core.low)).T
    place = np.cumsum(inside) - 1
    parent = tree.parent[inside]
    kept = (parent >= 0) & inside[parent]
    return ZSwc.from_arrays(
        tree.xyz[inside],
        tree.radius[inside],
        np.where(kept, place[parent], -1),
        type=tree.type[inside],
    ), parts[z, y, x].astype(np.int64)


def patches_of(
    mask: NDArray[np.bool_], label: int, block: Block, shape: ZYX
) -> tuple[NDArray[np.int32], list[Patch]]:
    """Find the parts of a body in a core with adjacent planes, and their patches on faces.

    Parameters
    ----------
    mask
        Mask of the body in the region of the block.
    label
        Label of the body.
    block, shape
        Block, and shape of the volume.
    """
    low = np.array(block.core.low)
    high = np.minimum(np.array(block.core.high) + 1, shape)
    offset = low - np.array(block.roi.low)
    box = tuple(slice(a, b) for a, b in zip(offset, offset + high - low, strict=True))
    parts, _ = ndimage.label(mask[box], np.ones((3, 3, 3), np.bool_))
    found = []
    for axis in range(3):
        for place in (block.core.low[axis], block.core.high[axis]):
            if 0 < place < shape[axis]:
                plane = np.take(parts, place - low[axis], axis=axis)
                found += _patches_in(plane, (axis, place), label, low)
    return parts, found


def _patches_in(
    plane: NDArray[np.int32], face: tuple[int, int], label: int, low: NDArray[Any]
) -> list[Patch]:
    """Connected patches in one plane of shared voxels."""
    axis, place = face
    numbers, count = ndimage.label(plane > 0, EIGHT)
    found = []
    for number in range(1, count + 1):
        index = np.argwhere(numbers == number)
        voxel = np.insert(index.mean(axis=0), axis, place - low[axis])
        radius = float(np.sqrt(len(index) / np.pi))
        part = int(plane[tuple(index[0])])
        found.append(Patch(label, (2 - axis, place), (voxel + low)[::-1], radius, part))
    return found


def pack_trees(trees: Sequence[tuple[int, ZSwc]], dtype: np.dtype[Any]) -> Record:
    """Pack labels and trees into a record."""
    found = [tree for _, tree in trees]
    return Record(
        {
            "label": as_integers([label for label, _ in trees], dtype),
            "count": np.array([len(tree) for tree in found], np.int64),
            "xyz": np.concatenate([np.zeros((0, 3)), *(tree.xyz for tree in found)]),
            "radius": np.concatenate([np.zeros(0), *(tree.radius for tree in found)]),
            "parent": np.concatenate([np.zeros(0, np.int64), *(tree.parent for tree in found)]),
            "type": np.concatenate([np.zeros(0, np.int64), *(tree.type for tree in found)]),
        }
    )


def parts_of(record: Record, label: int) -> NDArray[np.int64]:
    """Return the part number of each node of the tree of a label."""
    labels, counts = record.arrays["label"].tolist(), record.arrays["count"]
    place = labels.index(label)
    first = int(counts[:place].sum())
    return record.arrays["part"][first : first + int(counts[place])]


def unpack_trees(record: Record) -> dict[int, ZSwc]:
    """Unpack the trees of a record, by label."""
    arrays, found, first = record.arrays, {}, 0
    for label, count in zip(arrays["label"].tolist(), arrays["count"].tolist(), strict=True):
        part = slice(first, first + count)
        found[label] = ZSwc.from_arrays(
            arrays["xyz"][part],
            arrays["radius"][part],
            arrays["parent"][part],
            type=arrays["type"][part],
        )
        first += count
    return found


def _packed_patches(patches: Sequence[Patch], dtype: np.dtype[Any]) -> dict[str, NDArray[Any]]:
    return {
        "patch_label": as_integers([p.label for p in patches], dtype),
        "patch_face": np.array([p.face for p in patches], np.int64).reshape(-1, 2),
        "patch_center": np.array([p.center for p in patches], np.float64).reshape(-1, 3),
        "patch_radius": np.array([p.radius for p in patches], np.float64),
        "patch_part": np.array([p.part for p in patches], np.int64),
    }


def unpack_patches(record: Record) -> list[Patch]:
    """Unpack the patches of a record."""
    names = ("label", "face", "center", "radius", "part")
    columns = [record.arrays[f"patch_{name}"] for name in names]
    return [
        Patch(int(label), (int(face[0]), int(face[1])), center, float(radius), int(part))
        for label, face, center, radius, part in zip(*columns, strict=True)
    ]


def as_integers(labels: Sequence[int], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Convert labels to the smallest integer type that holds those of a volume."""
    return np.array(labels, np.uint64 if dtype == np.uint64 else np.int64)


def _three(values: Any) -> ZYX:
    z, y, x = (int(value) for value in values)
    return z, y, x
