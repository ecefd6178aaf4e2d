"""Parts of an image that are read on demand."""

from zimg.image.img import ZImg
from zimg.io.reading import read_arrays, read_source_info
from zimg.io.scenes.levels import check_ratios
from zimg.io.source import ZImgSource
from zimg.values import ImgMergeMode, ZImgInfo
from zimg.values.info import resized


class ZImgSubBlock:
    """Base class of parts of an image; override `read` and `readInfo`.

    Parameters
    ----------
    t, x, y, z
        First voxel in the full image.
    width, height, depth
        Size in voxels of full resolution.
    xRatio, yRatio, zRatio
        Number of voxels of the full image per voxel.
    """

    def __init__(
        self,
        t: int = 0,
        x: int = 0,
        y: int = 0,
        z: int = 0,
        width: int = 0,
        height: int = 0,
        depth: int = 0,
        xRatio: int = 1,
        yRatio: int = 1,
        zRatio: int = 1,
    ) -> None:
        self.t, self.x, self.y, self.z = t, x, y, z
        self.width, self.height, self.depth = width, height, depth
        self.xRatio, self.yRatio, self.zRatio = xRatio, yRatio, zRatio

    def __repr__(self) -> str:
        place = f"t={self.t}, x={self.x}, y={self.y}, z={self.z}"
        size = f"{self.width} x {self.height} x {self.depth}"
        ratios = f"{self.xRatio}, {self.yRatio}, {self.zRatio}"
        return f"{type(self).__name__}({place}, {size} voxels, ratios {ratios})"

    def read(self) -> ZImg:
        """Read the pixels; must be overridden.

        Returns
        -------
        ZImg
            The image.

        Raises
        ------
        NotImplementedError
            Unless overridden.
        """
        raise NotImplementedError(f"{type(self).__name__} must override read()")

    def readInfo(self) -> ZImgInfo:
        """Read the metadata; must be overridden.

        Returns
        -------
        ZImgInfo
            Sizes, type and metadata.

        Raises
        ------
        NotImplementedError
            Unless overridden.
        """
        raise NotImplementedError(f"{type(self).__name__} must override readInfo()")


class ZImgTileSubBlock(ZImgSubBlock):
    """A part of a file that is reduced on reading.

    Parameters
    ----------
    source
        File and region.
    xRatio, yRatio, zRatio
        Reduction factor along each axis, at least 1.
    downsampleCombineMode
        Operation that merges voxels; `ImgMergeMode.Interpolation` resizes.

    Raises
    ------
    ValueError
        When a ratio is below 1.
    """

    def __init__(
        self,
        source: ZImgSource,
        xRatio: int = 1,
        yRatio: int = 1,
        zRatio: int = 1,
        downsampleCombineMode: ImgMergeMode = ImgMergeMode.Interpolation,
    ) -> None:
        self._ratios = check_ratios((xRatio, yRatio, zRatio))
        self._source, self._mode = source, ImgMergeMode(downsampleCombineMode)
        x, y, z, _, t = source.region.start
        super().__init__(t, x, y, z, xRatio=xRatio, yRatio=yRatio, zRatio=zRatio)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._source}, ratios {self._ratios}, {self._mode})"

    def read(self) -> ZImg:
        """Read the part and reduce it by the ratios.

        Returns
        -------
        ZImg
            The reduced part; its sizes are ``ceil(size / ratio)``.

        Raises
        ------
        ZException
            If the file cannot be read.
        """
        if self._mode == ImgMergeMode.Interpolation:
            return ZImg._of(*read_arrays(self._source, self._ratios))
        whole = ZImg._of(*read_arrays(self._source))
        return whole.blockDownsample(*self._ratios, self._mode)

    def readInfo(self) -> ZImgInfo:
        """Read the metadata of the reduced part, without pixels.

        Returns
        -------
        ZImgInfo
            Sizes, type and metadata.

        Raises
        ------
        ZException
            If the file cannot be read.
        """
        info = read_source_info(self._source)
        sizes = zip(info.size, self._ratios, strict=False)
        return resized(info, [-(-size // ratio) for size, ratio in sizes])
