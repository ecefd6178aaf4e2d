"""Skeletonize a segmentation.

`skeletonize_labels` gives a tree for each label; the contact sheet shows each of them over its own
voxels.
"""

import matplotlib.pyplot as plt
import numpy as np

import zimg
from zimg.phantom import neuron

labels = np.zeros((40, 200, 1200), np.uint16)
for number in range(6):
    body = neuron(seed=number).tree.rasterize((40, 200, 200), spacing=(1, 1, 2))
    labels[..., 200 * number : 200 * (number + 1)] = (number + 1) * body

trees = zimg.skeletonize_labels(labels, radius="euclidean")
sheet = zimg.contact_sheet(trees, labels=labels, columns=3)
plt.figure(figsize=(8, 6)).add_axes((0, 0, 1, 1)).imshow(sheet)
plt.axis("off")
