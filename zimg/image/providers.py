"""Base classes that deliver an image plane by plane or block by block."""

from zimg.image.img import ZImg
from zimg.io.assembling import assembled_blocks, assembled_slices
from zimg.values import ZImgInfo, ZVoxelCoordinate


class ZImgSliceProvider:
    """Base class of images that are delivered plane by plane.

    Notes
    -----
    Override `imgInfo` and `slice`. During writing, `imgInfo` is called once and each slice once, z
    fastest. Slices may be on any device.
    """

    def __init__(self) -> None:
        """Do nothing; derived classes need not call this."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def imgInfo(self) -> ZImgInfo:
        """Return the metadata of the whole image; must be overridden.

        Returns
        -------
        ZImgInfo
            Sizes, type and metadata.

        Raises
        ------
        NotImplementedError
            Unless overridden.
        """
        raise NotImplementedError(f"{type(self).__name__} must override imgInfo()")

    def slice(self, z: int, t: int) -> ZImg:
        """Return one plane; must be overridden.

        Parameters
        ----------
        z, t
            Plane and time point, counted from 0.

        Returns
        -------
        ZImg
            All channels of the plane: an image of depth 1 and one time point.

        Raises
        ------
        NotImplementedError
            Unless overridden.
        """
        raise NotImplementedError(f"{type(self).__name__} must override slice()")

    def allSlices(self, t: int) -> ZImg:
        """Return all planes of a time point; assembled from `slice` by default.

        Parameters
        ----------
        t
            Time point, counted from 0.

        Returns
        -------
        ZImg
            An image of one time point.

        Raises
        ------
        ZException
            If a plane differs from the announced image.
        TypeError
            If `slice` returns something other than an image.
        """
        return ZImg(*assembled_slices(self, [t]))

    def wholeImg(self) -> ZImg:
        """Return the whole image; assembled from `slice` by default.

        Returns
        -------
        ZImg
            All planes of all time points.

        Raises
        ------
        ZException
            If a plane differs from the announced image.
        TypeError
            If `slice` returns something other than an image.
        """
        return ZImg(*assembled_slices(self, range(self.imgInfo().numTimes)))


class ZImgBlockProvider:
    """Base class of images that are delivered in blocks of any size and order.

    Notes
    -----
    Override all methods except `wholeImg`. Where blocks overlap, the larger value is kept; voxels
    outside all blocks are 0, or the smallest value of a signed type (behaviour of the reference).
    """

    def __init__(self) -> None:
        """Do nothing; derived classes need not call this."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def imgInfo(self) -> ZImgInfo:
        """Return the metadata of the whole image; must be overridden.

        Returns
        -------
        ZImgInfo
            Sizes, type and metadata.

        Raises
        ------
        NotImplementedError
            Unless overridden.
        """
        raise NotImplementedError(f"{type(self).__name__} must override imgInfo()")

    def numBlocks(self) -> int:
        """Return the number of blocks; must be overridden.

        Returns
        -------
        int
            Blocks are counted from 0.

        Raises
        ------
        NotImplementedError
            Unless overridden.
        """
        raise NotImplementedError(f"{type(self).__name__} must override numBlocks()")

    def blockCoord(self, blockIdx: int) -> ZVoxelCoordinate | tuple[int, int, int, int, int]:
        """Return the position of a block; must be overridden.

        Parameters
        ----------
        blockIdx
            Block, counted from 0.

        Returns
        -------
        ZVoxelCoordinate or tuple of int
            First voxel of the block in the image: x, y, z, c, t.

        Raises
        ------
        NotImplementedError
            Unless overridden.
        """
        raise NotImplementedError(f"{type(self).__name__} must override blockCoord()")

    def block(self, blockIdx: int) -> ZImg:
        """Return one block; must be overridden.

        Parameters
        ----------
        blockIdx
            Block, counted from 0.

        Returns
        -------
        ZImg
            The block; it may have several channels and time points.

        Raises
        ------
        NotImplementedError
            Unless overridden.
        """
        raise NotImplementedError(f"{type(self).__name__} must override block()")

    def wholeImg(self) -> ZImg:
        """Return the whole image; assembled from `block` by default.

        Returns
        -------
        ZImg
            All blocks; where blocks overlap, the largest value is kept.

        Raises
        ------
        ZException
            If a block leaves the announced image or has another type.
        TypeError
            If `block` returns something other than an image.
        """
        return ZImg(*assembled_blocks(self))
