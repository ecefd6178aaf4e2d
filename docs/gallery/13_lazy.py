"""Look into a large file without reading it.

`zimg.open` reads metadata only. An index reads the chunks that it meets; stored levels serve
overviews.
"""

import matplotlib.pyplot as plt

import zimg
from zimg.phantom import neuron

zimg.write("cell.ome.zarr", zimg.ZImg(neuron().volume, layout="ZYX"))
with zimg.open("cell.ome.zarr") as file:
    window = file[0, :, :, 60:140, 60:140]

figure, axes = plt.subplots(1, 2, figsize=(9, 4.5))
zimg.read("cell.ome.zarr").plot(axes[0])
axes[0].add_patch(plt.Rectangle((60, 60), 80, 80, fill=False, color="yellow"))
window.plot(axes[1])
