"""Contact sheet of forests: of the bodies of a segmentation, or of a batch of images."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array
from zimg.arrays.inputs import voxels
from zimg.swc.table import NodeTable

MARGIN = 3
"""Voxels around a tree in which its label is shown."""


def contact_sheet(
    trees: "Mapping[Any, NodeTable] | Sequence[NodeTable]",
    images: Sequence[Any] | None = None,
    *,
    labels: Any = None,
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    side: int = 200,
    output: str | os.PathLike[str] | None = None,
) -> NDArray[np.uint8]:
    """Draw many trees into one picture, each in a tile of its own with its name and size.

    Parameters
    ----------
    trees
        Trees in voxels: a sequence, or a mapping whose keys are their names, such as the result of
        `skeletonize_labels`.
    images
        For each tree its image, or a ``(Z, Y, X)`` array, whose maximum projection along z lies
        below the tree. Channel 0 of the first time is used.
    labels
        ``(Z, Y, X)`` array or image of labels instead: each tile shows the voxels of the label that
        the key in `trees` names, near the tree.
    titles
        Text below each tile; by default the key, or the number of the tree, and its nodes.
    columns
        Tiles in a row; by default the sheet is about 1.5 times as wide as high.
    side
        Width and height of a tile in pixels.
    output
        PNG file to write as well.

    Returns
    -------
    numpy.ndarray
        ``(height, width, 3)`` uint8, RGB.

    Raises
    ------
    ValueError
        Without trees, when the numbers of trees, images or titles differ, or when `labels` comes
        with a sequence of trees.
    ZException
        When the file cannot be written.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.zeros((6, 40, 50), np.uint8)
    >>> labels[2:5, 5:9, 5:45] = 1
    >>> labels[2:5, 20:24, 5:30] = 2
    >>> trees = zimg.skeletonize_labels(labels)
    >>> zimg.contact_sheet(trees, labels=labels, side=100).shape
    (123, 212, 3)
    """
    from zimg.view.png import write_png
    from zimg.view.sheet import sheet, tile

    keys, forests = _named(trees)
    if labels is not None and (images is not None or not isinstance(trees, Mapping)):
        raise ValueError("labels= needs a mapping from labels to trees, and no images")
    for name, given in (("images", images), ("titles", titles)):
        if given is not None and len(given) != len(forests):
            raise ValueError(f"{name} must have one entry for each of {len(forests)} trees")
    texts = titles or [f"{key}: {len(f)} nodes" for key, f in zip(keys, forests, strict=True)]
    below = _volumes(keys, forests, images, None if labels is None else _volume(labels))
    picture = sheet(
        (
            tile(text, forest, volume, corner=corner, side=side)
            for text, forest, (volume, corner) in zip(texts, forests, below, strict=True)
        ),
        columns,
    )
    if output is not None:
        write_png(Path(output), picture)
    return picture


def _named(trees: Any) -> tuple[list[Any], list[NodeTable]]:
    """Names and trees."""
    if isinstance(trees, Mapping):
        return list(trees), list(trees.values())
    return [f"tree {number}" for number in range(1, len(trees) + 1)], list(trees)


def _volumes(
    keys: list[Any], forests: list[NodeTable], images: Sequence[Any] | None, labels: Array | None
) -> Iterator[tuple[Array | None, tuple[int, ...]]]:
    """Volume below each tree, and the position x, y, z of its first voxel."""
    for number, (key, forest) in enumerate(zip(keys, forests, strict=True)):
        if labels is not None:
            yield _mask_near(labels, key, forest)
        else:
            yield None if images is None else _volume(images[number]), (0, 0, 0)


def _volume(image: Any) -> Array:
    return image.data[0][0, ...] if hasattr(image, "info") else voxels(image, copy_if_needed=True)


def _mask_near(
    labels: Array, label: Any, forest: NodeTable
) -> tuple[Array | None, tuple[int, ...]]:
    """Where `labels` is `label`, in the box of the nodes and their radii."""
    if not len(forest):
        return None, (0, 0, 0)
    reach = np.maximum(forest.radius, 0.0)[:, None] + MARGIN
    size = np.array(labels.shape[::-1])
    low = np.clip(np.floor((forest.xyz - reach).min(axis=0)), 0, size).astype(int).tolist()
    high = np.clip(np.ceil((forest.xyz + reach).max(axis=0)) + 1, 0, size).astype(int).tolist()
    box = tuple(slice(low[axis], high[axis]) for axis in (2, 1, 0))
    xp = array_namespace(labels)
    part = labels[box]
    wanted = xp.asarray(int(label), dtype=part.dtype, device=device(part))
    return xp.astype(part == wanted, xp.uint8), tuple(low)
