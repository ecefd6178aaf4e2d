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
        """Metadata of the whole image; to be implemented.

        Returns
        -------
        ZImgInfo
            Sizes, type and metadata.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method imgInfo")

    def slice(self, z: int, t: int) -> ZImg:
        """One plane; to be implemented.

        Parameters
        ----------
        z, t
            Plane and time point, counted from 0.

        Returns
        -------
        ZImg
            All channels of the plane: an image of depth 1 and one time point.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method slice")

    def allSlices(self, t: int) -> ZImg:
        """All planes of a time point; assembled from `slice` unless overridden.

        Parameters
        ----------
        t
            Time point, counted from 0.

        Returns
        -------
        ZImg
            An image of one time point.
        """
        return ZImg(*assembled_slices(self, [t]))

    def wholeImg(self) -> ZImg:
        """The whole image; assembled from `slice` unless overridden.

        Returns
        -------
        ZImg
            All planes of all time points.
        """
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
        """Metadata of the whole image; to be implemented.

        Returns
        -------
        ZImgInfo
            Sizes, type and metadata.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method imgInfo")

    def numBlocks(self) -> int:
        """Number of blocks; to be implemented.

        Returns
        -------
        int
            Blocks are counted from 0.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method numBlocks")

    def blockCoord(self, blockIdx: int) -> ZVoxelCoordinate | tuple[int, int, int, int, int]:
        """Position of a block; to be implemented.

        Parameters
        ----------
        blockIdx
            Block, counted from 0.

        Returns
        -------
        ZVoxelCoordinate or tuple of int
            First voxel of the block in the image: x, y, z, c, t.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method blockCoord")

    def block(self, blockIdx: int) -> ZImg:
        """One block; to be implemented.

        Parameters
        ----------
        blockIdx
            Block, counted from 0.

        Returns
        -------
        ZImg
            The block; it may have several channels and time points.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method block")

    def wholeImg(self) -> ZImg:
        """The whole image; assembled from `block` unless overridden.

        Returns
        -------
        ZImg
            All blocks; where blocks overlap, the largest value is kept.
        """
        return ZImg(*assembled_blocks(self))
