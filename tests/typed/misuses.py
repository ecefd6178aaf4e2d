"""Slips of a user: a type checker finds one in every line with an ``error`` comment."""

import zimg
from zimg import ZImg, ZImgInfo, ZImgRegion, ZImgSource

image = ZImg("a.tif", scence=1)  # error
image = ZImg("a.tif", xratio=2)  # error
source = ZImgSource("a.tif", secne=1)  # error
infos = ZImg.readImgInfos("a.tif", catDimension=1)  # error
piece = ZImg.readSubBlock("a.tif", 0)  # error
lists = ZImg.readSubBlockLists("a.tif", scene=1)  # error
regions = ZImg.getInternalSubRegions()  # error
width = ZImg.readImgInfo("a.tif").widht  # error

info = ZImgInfo()
info.voxelSizX = 0.5  # error
info.voxelSizeX = "0.5"  # error
info.channelNames = 3  # error

region = ZImgRegion()
region.strat = (1, 2, 3, 4, 5)  # error
region.start = 5  # error
region.start.w = 7  # error
source = ZImgSource("a.tif")
source.filename = "b.tif"  # error

image = zimg.read("a.tif")
image = zimg.read("a.tif", framework="touch")  # error
image = zimg.read("a.tif", errors="zero")  # error
image.to("nunpy")  # error
image.to_arrays("memviev")  # error
tree = zimg.skeletonize(image, radius="round")  # error
tree = zimg.trace(image, chanel=1)  # error
zimg.trace(image).sav("a.swc")  # error
