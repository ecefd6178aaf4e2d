"""Three planes of an anisotropic stack.

Projections and sections keep the proportions of the voxels: planes are two pixels apart here.
"""

import matplotlib.pyplot as plt

import zimg
from zimg.phantom import neuron

drawn = neuron()
info = zimg.ZImgInfo(200, 200, 40)
info.voxelSizeUnit = zimg.VoxelSizeUnit.um
info.voxelSizeZ = drawn.z_to_xy
image = zimg.ZImg(drawn.volume, info, layout="ZYX")

figure, axes = plt.subplots(1, 3, figsize=(11, 4), width_ratios=(1, 1, 0.4))
image.plot(axes[0], projection=20)  # a section at z = 20
image.plot(axes[1], plane="xz")
image.plot(axes[2], plane="zy", projection="mean")
figure.tight_layout()
