"""What the documentation shows, as a user writes it: type checkers find nothing wrong here."""

from pathlib import Path

import numpy as np

import zimg
from zimg import Dimension, FileFormat, VoxelSizeUnit, ZImg, ZImgInfo, ZImgRegion, ZImgSource

volume = np.zeros((3, 4, 5), np.uint16)
image = ZImg(volume, layout="ZYX")
ZImg()
ZImg(ZImgInfo(5, 4, 3))
ZImg([volume, volume], layout="ZYX", copy_if_needed=False)
ZImg(volume, ZImgInfo(), True, "ZYX")
ZImg("a.tif", scene=1, xRatio=2, format=FileFormat.Tiff)
ZImg(Path("a.tif"), region=ZImgRegion((0,) * 5, (1, 2, 3, 1, 1)))
ZImg(["a.tif", "b.tif"], Dimension.Z, True)
ZImg(ZImgSource(["a.tif", "b.tif"], Dimension.T), 2, 2, 1)
ZImg(filename="a.tif")

info = image.info
info.voxelSizeX, info.voxelSizeUnit = 0.5, VoxelSizeUnit.um
info.channelNames = ("first",)
info.channelColors = [(255, 0, 0, 255)]
info.timeStamps = [0.0]
red: int = info.channelColors[0].r
image.info = info

region = ZImgRegion()
region.start = (1, 2, 3, 4, 5)
region.start.x = 7
last: int = region.end.t

source = ZImgSource("a.tif", region, 1)
source.filenames = [Path("a.tif")]
name: str = source.filenames[0]

infos: list[ZImgInfo] = ZImg.readImgInfos("a.tif", FileFormat.Tiff)
infos = ZImg.readImgInfos(["a.tif"], Dimension.Z, True, expandXY=False)
width: int = ZImg.readImgInfo("a.tif").width
piece: ZImg = ZImg.readSubBlock("a.tif", 0, 3)
piece = ZImg.readSubBlock(["a.tif"], Dimension.Z, True, 0, 3)
rows = ZImg.readSubBlockLists("a.tif")[0].shape
regions: list[list[ZImgRegion]] = ZImg.getInternalSubRegions("a.tif")

image = zimg.read("a.tif", framework="torch", device="cpu", errors="fill")
arrays = image.to("jax").to_arrays("tensorflow")
part = zimg.open("a.tif")[0, 0]
tree = zimg.trace(image, channel=0, overrides={"minAutoScore": 0.2})
tree = zimg.skeletonize(image, root=(1, 2, 3), radius="euclidean")
tree.save("a.swc")
zimg.write("b.tif", image)

worker = zimg.ZNeutubeAutoTrace()
worker.setInputImageSource(ZImgSource("a.tif"))
worker.setTraceConfig(zimg.neutube_json.TRACE_CONFIG)
worker.run(progress=True)
