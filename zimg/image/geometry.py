"""Resize images: resample, zoom, and merge blocks."""

import math
from typing import TYPE_CHECKING, Any, Self

from zimg._typing import Array
from zimg.arrays.resizing import per_channel, resized_array
from zimg.io.disk.limits import check_decoded
from zimg.kernels.blocks import merged
from zimg.values.enums import ImgMergeMode, Interpolant

if TYPE_CHECKING:
    from zimg.values.info import ZImgInfo

FLOAT64 = 8  # bytes per voxel during computation
WEIGHTS = 128  # bytes of positions and weights per new voxel along an axis


class ImageGeometry:
    """Methods that return resized images."""

    if TYPE_CHECKING:
        _arrays: list[Array]
        _info: ZImgInfo

        @classmethod
        def _of(cls, arrays: Any, info: ZImgInfo) -> Self: ...

    def resize(
        self,
        desWidth: int,
        desHeight: int,
        desDepth: int,
        interpolant: Interpolant = Interpolant.Cubic,
        antialiasing: bool = True,
        antialiasingForNearest: bool = False,
        useMultithreading: bool = True,  # noqa: ARG002 - accepted as the reference does
    ) -> Self:
        """Resize the image; voxel sizes grow by the old size over the new one.

        Parameters
        ----------
        desWidth, desHeight, desDepth
            New sizes along x, y, z, in voxels.
        interpolant
            Kernel of the interpolation.
        antialiasing
            Widen the kernel along axes that shrink.
        antialiasingForNearest
            Do so for `Interpolant.Nearest`, too.
        useMultithreading
            Has no effect; accepted as in the reference.

        Returns
        -------
        ZImg
            A new image of the same dtype on the same device. Work is done channel by channel, in
            float64 where the device has it. `Interpolant.Nearest` without antialiasing copies
            voxels, except where a new centre lies halfway between two old ones.

        Raises
        ------
        ValueError
            If a size is below 1 or the image is empty.
        ZException
            If the computation needs more memory than the limit of `zimg.io.decoding_limit`.

        Examples
        --------
        >>> import numpy as np
        >>> image = ZImg(np.zeros((4, 6, 8), np.uint8), layout="ZYX")
        >>> image.resize(4, 3, 2).shape
        (1, 1, 2, 3, 4)
        """
        sizes = (desDepth, desHeight, desWidth)
        self._check("sizes", sizes)
        check_decoded(sizes, FLOAT64)
        check_decoded((max(sizes),), WEIGHTS)
        kind = Interpolant(interpolant)
        smooth = antialiasingForNearest if kind is Interpolant.Nearest else antialiasing
        old = self._arrays[0].shape[1:]
        steps = tuple(a / b for a, b in zip(old, sizes, strict=True))
        return self._replaced_by(
            [resized_array(x, sizes, kind.name, smooth=smooth) for x in self._arrays], steps
        )

    def zoom(
        self,
        scaleX: float,
        scaleY: float,
        scaleZ: float = 1.0,
        interpolant: Interpolant = Interpolant.Cubic,
        antialiasing: bool = True,
        antialiasingForNearest: bool = False,
    ) -> Self:
        """Resize the image by factors.

        Parameters
        ----------
        scaleX, scaleY, scaleZ
            Factors along x, y, z; the new sizes are ``ceil(size * scale)``.
        interpolant, antialiasing, antialiasingForNearest
            As in `resize`.

        Returns
        -------
        ZImg
            A new image, as in `resize`.

        Raises
        ------
        ValueError
            If a scale is not finite and above 0, or the image is empty.
        """
        scales = (scaleX, scaleY, scaleZ)
        if not all(math.isfinite(scale) and scale > 0 for scale in scales):
            raise ValueError(f"scales must be finite and above 0, got {scales}")
        old = self._info.size[:3]
        width, height, depth = (math.ceil(n * s) for n, s in zip(old, scales, strict=True))
        return self.resize(width, height, depth, interpolant, antialiasing, antialiasingForNearest)

    def blockDownsample(
        self, blockWidth: int, blockHeight: int, blockDepth: int, mergeMode: ImgMergeMode
    ) -> Self:
        """Merge blocks of voxels to one voxel each; voxel sizes are multiplied by the block sides.

        Parameters
        ----------
        blockWidth, blockHeight, blockDepth
            Sides of a block along x, y, z, in voxels. Blocks at the far border are smaller where
            the size is not a multiple.
        mergeMode
            Operation that merges the values of a block. Means and medians of integers are exact,
            and truncated toward zero. `ImgMergeMode.Interpolation` is a cubic `resize` to the same
            size.

        Returns
        -------
        ZImg
            A new image of the same dtype on the same device.

        Raises
        ------
        ValueError
            If a side is below 1 or the image is empty.
        """
        block = (blockDepth, blockHeight, blockWidth)
        self._check("blocks", block)
        mode = ImgMergeMode(mergeMode)
        if mode is ImgMergeMode.Interpolation:
            depth, height, width = (
                -(-n // side) for n, side in zip(self._arrays[0].shape[1:], block, strict=True)
            )
            return self.resize(width, height, depth)
        arrays = [
            per_channel(lambda volume: merged(volume, block, mode.name), x) for x in self._arrays
        ]
        return self._replaced_by(arrays, block)

    def _check(self, what: str, sides: tuple[int, ...]) -> None:
        if not self._arrays:
            raise ValueError("cannot resize an empty image")
        if any(side != int(side) or side < 1 for side in sides):
            raise ValueError(
                f"{what} must be integers of at least 1, got {sides[::-1]} for x, y, z"
            )

    def _replaced_by(self, arrays: list[Array], steps: tuple[float, ...]) -> Self:
        """An image of resized arrays, with voxel sizes multiplied by `steps` along z, y, x."""
        info = self._info.copy()
        info.depth, info.height, info.width = arrays[0].shape[1:]
        info.voxelSizeZ, info.voxelSizeY, info.voxelSizeX = (
            size * step
            for size, step in zip(
                (info.voxelSizeZ, info.voxelSizeY, info.voxelSizeX), steps, strict=True
            )
        )
        return type(self)._of(arrays, info)
