"""Mask, thickness, cost of the way from the thickest voxel, and the skeleton."""

import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

import zimg
from zimg.phantom import neuron

mask = neuron(seed=3).tree.rasterize((40, 200, 200), spacing=(1, 1, 2)).max(axis=0)
thick = ndimage.distance_transform_edt(mask)

number = np.full(mask.shape, -1)
number[mask > 0] = np.arange(int(mask.sum()))
edges = []
for step in ((0, 1), (1, 0), (1, 1), (1, -1)):
    there = np.roll(number, [-each for each in step], axis=(0, 1))
    both = (number >= 0) & (there >= 0)
    cost = np.hypot(*step) / (1 + thick[both]) ** 2
    edges.append((number[both], there[both], cost))
rows, columns, costs = (np.concatenate(each) for each in zip(*edges, strict=True))
graph = coo_array((costs, (rows, columns)), shape=(number.max() + 1,) * 2).tocsr()
start = number[np.unravel_index(thick.argmax(), thick.shape)]
way = np.full(mask.shape, np.nan)
way[mask > 0] = dijkstra(graph, directed=False, indices=start)

figure, axes = plt.subplots(1, 4, figsize=(13, 3.4))
pictures = (
    (mask, "mask", "gray"),
    (thick, "thickness", "magma"),
    (way, "cost of the way", "viridis"),
)
for ax, (picture, title, colours) in zip(axes, pictures, strict=False):
    ax.imshow(picture, cmap=colours)
    ax.set_title(title)
axes[3].imshow(mask, cmap="gray")
zimg.skeletonize(mask[None], config="SKELETONIZE").plot(axes[3])
axes[3].set_title("skeleton")
for ax in axes:
    ax.axis("off")
figure.tight_layout()
