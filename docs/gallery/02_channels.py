"""Channels in colours, with a scale bar.

`image.plot` adds channels in their own colours, or in those that you name. The bar is in µm because
the image states its voxel size.
"""

import numpy as np

import zimg
from zimg.phantom import neuron

first, second = neuron(seed=2).volume, neuron(seed=5).volume
info = zimg.ZImgInfo(200, 200, 40, 2)
info.voxelSizeUnit = zimg.VoxelSizeUnit.um
info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.2, 0.2, 0.4
info.channelNames = ["pyramidal", "interneuron"]
image = zimg.ZImg(np.stack([first, second]), info)

image.plot(colors=["cyan", "orange"], unit="um")
