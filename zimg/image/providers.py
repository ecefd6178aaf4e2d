"""Who gives an image plane by plane, or block by block, so that it is never whole in memory."""

from zimg.image.img import ZImg
from zimg.io.assembling import assembled_blocks, assembled_slices
from zimg.values import ZImgInfo, ZVoxelCoordinate


class ZImgSliceProvider:
    """An image that is given plane by plane; to be derived from.

    Notes
    -----
    `imgInfo` and `slice` are to be overridden. When an image is written, `imgInfo` is asked for
    once and each slice once, z running fastest. Slices may be on any device.
    """

    def __init__(self) -> None:
        """Keep nothing; derived classes need not call this."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def imgInfo(self) -> ZImgInfo:
        """Sizes, type and metadata of the whole image."""
        raise NotImplementedError(f"{type(self).__name__} has no method imgInfo")

    def slice(self, z: int, t: int) -> ZImg:
        """Plane `z` at time `t` with all channels: an image of depth 1 and one time."""
        raise NotImplementedError(f"{type(self).__name__} has no method slice")

    def allSlices(self, t: int) -> ZImg:
        """All planes at time `t`; put together from `slice` unless overridden."""
        return ZImg(*assembled_slices(self, [t]))

    def wholeImg(self) -> ZImg:
        """The whole image; put together from `slice` unless overridden."""
        return ZImg(*assembled_slices(self, range(self.imgInfo().numTimes)))


class ZImgBlockProvider:
    """An image that is given in blocks of any size and order; to be derived from.

    Notes
    -----
    All methods but `wholeImg` are to be overridden. Where blocks overlap the larger value stays;
    voxels in no block are 0, or the smallest value of a signed type: both as the reference.
    """

    def __init__(self) -> None:
        """Keep nothing; derived classes need not call this."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def imgInfo(self) -> ZImgInfo:
        """Sizes, type and metadata of the whole image."""
        raise NotImplementedError(f"{type(self).__name__} has no method imgInfo")

    def numBlocks(self) -> int:
        """How many blocks there are."""
        raise NotImplementedError(f"{type(self).__name__} has no method numBlocks")

    def blockCoord(self, blockIdx: int) -> ZVoxelCoordinate | tuple[int, int, int, int, int]:
        """First voxel of a block in the image: x, y, z, c, t."""
        raise NotImplementedError(f"{type(self).__name__} has no method blockCoord")

    def block(self, blockIdx: int) -> ZImg:
        """A block; it may have several channels and times."""
        raise NotImplementedError(f"{type(self).__name__} has no method block")

    def wholeImg(self) -> ZImg:
        """The whole image; put together from `block` unless overridden."""
        return ZImg(*assembled_blocks(self))
