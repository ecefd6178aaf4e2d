"""The volume of the tutorial along its three axes."""

import matplotlib.pyplot as plt

import zimg
from zimg.cli.demo import as_image
from zimg.phantom import neuron

drawn = neuron(shape=(28, 128, 128))
zimg.write("tutorial.tif", as_image(drawn))
drawn.tree.save("gold.swc")

image = zimg.read("tutorial.tif")
print(image)
info = image.info
print("voxel size", info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ, "um")

figure, axes = plt.subplots(1, 3, figsize=(10, 3.6), width_ratios=(1, 1, 0.5))
for ax, plane in zip(axes, ("xy", "xz", "zy"), strict=True):
    image.plot(ax, plane=plane)
figure.tight_layout()
