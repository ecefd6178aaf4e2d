"""`zimg.patches`: a data set of boxes of images, for training networks."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import index
from typing import Any, NamedTuple

import numpy as np

from zimg._dispatch import namespace_by_type as namespace
from zimg._typing import Array, Device, ImageFramework
from zimg.arrays.export import check_place
from zimg.learning.targets import Target, target_of
from zimg.learning.volumes import Corner, Volume

Key = int | tuple[int, int]


class Patch(NamedTuple):
    """A box of an image and what a network shall answer for it.

    Attributes
    ----------
    image
        ``(C, Z, Y, X)``.
    target
        ``(Z, Y, X)``, on the device of the image; empty (0, 0, 0) without targets.
    """

    image: Array
    target: Array


class Patches:
    """A map-style data set; made by `zimg.patches`.

    ``len(data)`` is the number of patches of an epoch. ``data[i]`` is a patch of epoch 0,
    ``data[epoch, i]`` one of any epoch. What a key stands for depends on the seed and the key
    alone: not on the process, the number of workers or the order of calls.
    """

    def __init__(
        self,
        volumes: Sequence[Volume],
        targets: Sequence[Target | None],
        shape: Corner,
        *,
        channels: slice,
        count: int | None,
        seed: int,
        on_target: float,
        flip: bool,
        framework: ImageFramework,
        device: Device,
    ) -> None:
        self._volumes, self._targets, self.shape = tuple(volumes), tuple(targets), shape
        self._channels, self._count, self._seed = channels, count, seed
        self._on_target, self._flip = on_target, flip
        self._framework, self._device = framework, device
        self._grid = _grid(volumes, shape) if count is None else ()

    def __len__(self) -> int:
        return len(self._grid) if self._count is None else self._count

    def __getitem__(self, key: Key) -> Patch:
        """Read a patch and draw its target.

        Parameters
        ----------
        key
            A number from 0, or an epoch and a number.

        Raises
        ------
        IndexError
            For a number that is not below the length.
        ZException
            When a file cannot be read.
        """
        epoch, number = key if isinstance(key, tuple) else (0, index(key))
        if not 0 <= number < len(self):
            raise IndexError(f"patch {number} of {len(self)}")
        rng = np.random.default_rng((self._seed, epoch, number))
        source, corner = self._place(number, rng)
        found = self._read(source, corner)
        return self._flipped(found, rng) if self._flip else found

    def __iter__(self) -> Iterator[Patch]:
        """The patches of epoch 0."""
        return (self[number] for number in range(len(self)))

    def where(self, key: Key) -> tuple[int, Corner]:
        """Number of the volume of a patch, and its first voxel along z, y, x."""
        epoch, number = key if isinstance(key, tuple) else (0, index(key))
        return self._place(number, np.random.default_rng((self._seed, epoch, number)))

    def _place(self, number: int, rng: np.random.Generator) -> tuple[int, Corner]:
        if self._count is None:
            return self._grid[number]
        sizes = np.array([np.prod(volume.shape) for volume in self._volumes], np.float64)
        source = int(rng.choice(len(sizes), p=sizes / sizes.sum()))
        most = [n - size for n, size in zip(self._volumes[source].shape, self.shape, strict=True)]
        z, y, x = (int(rng.integers(0, n + 1)) for n in most)
        target = self._targets[source]
        if target is not None and rng.random() < self._on_target:
            centre = target.centre(rng.random())
            if centre is not None:
                shift = [int(rng.integers(0, size)) for size in self.shape]
                z, y, x = (
                    min(max(place - offset, 0), n)
                    for place, offset, n in zip(centre, shift, most, strict=True)
                )
        return source, (z, y, x)

    def _read(self, source: int, corner: Corner) -> Patch:
        where = self._framework, self._device
        image = self._volumes[source].read(corner, self.shape, self._channels, *where)
        target = self._targets[source]
        if target is None:
            xp = namespace(image)
            return Patch(image, xp.zeros((0, 0, 0), dtype=xp.uint8, device=image.device))
        return Patch(image, target.cut(corner, self.shape, image))

    def _flipped(self, patch: Patch, rng: np.random.Generator) -> Patch:
        """The patch turned over along some axes of space."""
        axes = tuple(axis for axis in (-3, -2, -1) if rng.random() < 0.5)
        if not axes:
            return patch
        xp = namespace(patch.image)
        return Patch(*(xp.flip(each, axis=axes) for each in patch))

    def sampler(self, *, shuffle: bool = True) -> "EpochSampler":
        """Keys for a ``DataLoader``, another epoch each time they are iterated over."""
        return EpochSampler(len(self), self._seed, shuffle=shuffle)

    def batches(
        self, size: int, *, epoch: int = 0, shuffle: bool = True, workers: int = 2
    ) -> Iterator[Patch]:
        """Batches of one epoch, stacked, for any framework; the next are read in threads.

        Parameters
        ----------
        size
            Patches in a batch; the last one may have fewer.
        epoch, shuffle
            Which epoch, and whether in an order of its own.
        workers
            Threads that read ahead.

        Yields
        ------
        Patch
            Image ``(N, C, Z, Y, X)`` and target ``(N, Z, Y, X)``.
        """
        if size < 1 or workers < 1:
            raise ValueError(f"size and workers are 1 or more, got {size} and {workers}")
        keys = self.sampler(shuffle=shuffle).keys(epoch)
        groups = [keys[first : first + size] for first in range(0, len(keys), size)]
        with ThreadPoolExecutor(workers) as pool:
            waiting = [list(map(pool.submit, [self.__getitem__] * len(g), g)) for g in groups[:2]]
            for number in range(len(groups)):
                found = [each.result() for each in waiting.pop(0)]
                if number + 2 < len(groups):
                    group = groups[number + 2]
                    waiting.append([pool.submit(self.__getitem__, key) for key in group])
                xp = namespace(found[0].image)
                yield Patch(*(xp.stack(each) for each in zip(*found, strict=True)))


class EpochSampler:
    """Pairs of epoch and number; each iteration is the next epoch.

    Parameters
    ----------
    count
        Patches of an epoch.
    seed
        Of the order.
    shuffle
        Whether each epoch has an order of its own.
    """

    def __init__(self, count: int, seed: int, *, shuffle: bool = True) -> None:
        self._count, self._seed, self._shuffle, self.epoch = count, seed, shuffle, 0

    def __len__(self) -> int:
        return self._count

    def keys(self, epoch: int) -> list[tuple[int, int]]:
        """The keys of an epoch, in its order."""
        numbers = np.arange(self._count)
        if self._shuffle:
            numbers = np.random.default_rng((self._seed, epoch)).permutation(numbers)
        return [(epoch, int(number)) for number in numbers]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        keys, self.epoch = self.keys(self.epoch), self.epoch + 1
        return iter(keys)


def _grid(volumes: Sequence[Volume], shape: Corner) -> tuple[tuple[int, Corner], ...]:
    """Boxes that tile the volumes; the last along an axis ends with the volume."""
    found = []
    for source, volume in enumerate(volumes):
        sizes = zip(volume.shape, shape, strict=True)
        starts = [[*range(0, n - size, size), n - size] for n, size in sizes]
        corners = [(z, y, x) for z in starts[0] for y in starts[1] for x in starts[2]]
        found += [(source, corner) for corner in corners]
    return tuple(found)


def patches(
    images: Any,
    targets: Any = None,
    *,
    shape: Sequence[int] = (32, 64, 64),
    channels: int | slice = 0,
    time: int = 0,
    count: int | None = None,
    seed: int = 0,
    on_target: float = 0.5,
    flip: bool = False,
    values: Any = 1,
    framework: ImageFramework = "numpy",
    device: Device = None,
) -> Patches:
    """Make a data set of patches of images, for training networks.

    Parameters
    ----------
    images
        A path, a `ZImg`, what `zimg.open` gives, a ``(C, Z, Y, X)``, ``(Z, Y, X)`` or ``(Y, X)``
        array, or a list of these. Files are opened in the process that reads them.
    targets
        None, or for each image a tree (`ZSwc` or an SWC file), which is drawn into the patch on its
        device, or labels: a path, an image or an array of the same size.
    shape
        Voxels of a patch along z, y, x.
    channels, time
        Channels of the patches, a number or a slice, and the time point.
    count
        Patches of an epoch, at places that differ from epoch to epoch; None for patches that tile
        the images, the last along an axis ending with the image.
    seed
        Of places, flips and orders.
    on_target
        Share of the places that hold a node of the tree; for trees and a `count` only.
    flip
        Whether patches are turned over at random along z, y and x.
    values
        What is drawn for trees, as of `ZSwc.rasterize`: 1, ``"tree"``, ``"type"``, ...
    framework, device
        Of the patches. In worker processes, leave them on the host.

    Returns
    -------
    Patches
        ``data[i]`` is a `Patch` of image and target. It is what ``torch.utils.data.DataLoader``
        takes, with ``data.sampler()`` as its sampler; ``data.batches(size)`` gives stacked batches
        of any framework, such as JAX.

    Raises
    ------
    ValueError
        For a patch that is larger than an image, and other arguments without meaning.
    ZException
        When a file cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> volume = np.zeros((8, 40, 40), np.uint8)
    >>> tree = zimg.ZSwc.from_arrays([[5, 5, 4], [30, 30, 4]], [2, 2], [-1, 0])
    >>> data = zimg.patches(volume, tree, shape=(8, 16, 16), count=10)
    >>> image, target = data[3]
    >>> image.shape, target.shape
    ((1, 8, 16, 16), (8, 16, 16))
    """
    sources = list(images) if isinstance(images, list | tuple) else [images]
    answers = list(targets) if isinstance(targets, list | tuple) else [targets] * len(sources)
    if not sources or len(answers) != len(sources):
        raise ValueError(f"{len(sources)} images and {len(answers)} targets: give one for each")
    z, y, x = (index(size) for size in shape)
    check_place(framework, device)
    volumes, where = [Volume(source, time) for source in sources], (framework, device)
    for source, volume in zip(sources, volumes, strict=True):
        if min(z, y, x) < 1 or any(a > b for a, b in zip((z, y, x), volume.shape, strict=True)):
            name = source if isinstance(source, str) else type(source).__name__
            raise ValueError(
                f"shape is {(z, y, x)}; {name} has {volume.shape} voxels along z, y, x"
            )
    if (count is not None and count < 1) or not 0 <= on_target <= 1:
        raise ValueError(f"count is above 0 and on_target from 0 to 1, got {count} and {on_target}")
    return Patches(
        volumes,
        [target_of(a, v, time, values, where) for a, v in zip(answers, volumes, strict=True)],
        (z, y, x),
        channels=channels if isinstance(channels, slice) else slice(channels, channels + 1),
        count=count,
        seed=seed,
        on_target=on_target,
        flip=flip,
        framework=framework,
        device=device,
    )
