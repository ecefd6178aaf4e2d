"""Images and the files they are read from and written to; the formats live in `zimg.io`."""

import os
from importlib import import_module

from zimg.image.info import ZImgInfo
from zimg.image.parameters import ZImgWriteParameters
from zimg.image.source import ZImgSource
from zimg.image.values import FileFormat


class ImageFiles:
    """Reading of metadata, and writing."""

    @staticmethod
    def readImgInfo(source: ZImgSource) -> ZImgInfo:
        """What the file of `source` says about its image, the region applied; reads no pixels."""
        info: ZImgInfo = import_module("zimg.io").read_source_info(source)
        return info

    @staticmethod
    def readImgInfos(
        filename: str | os.PathLike[str], format: FileFormat = FileFormat.Unknown
    ) -> list[ZImgInfo]:
        """What a file says about each of its scenes; reads no pixels."""
        infos: list[ZImgInfo] = import_module("zimg.io").read_infos(filename, format=format)
        return infos

    def save(
        self,
        filename: str | os.PathLike[str],
        format: FileFormat = FileFormat.Unknown,
        paras: ZImgWriteParameters | None = None,
    ) -> None:
        """Write the image to a file; arguments, result and errors as in `zimg.io.write`."""
        import_module("zimg.io").write(filename, self, format=format, parameters=paras)
