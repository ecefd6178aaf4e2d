"""Skeletons of nine labels, each over its own voxels."""

import matplotlib.pyplot as plt
import numpy as np

import zimg
from zimg.phantom import neuron

labels = np.zeros((28, 128, 9 * 128), np.uint8)
for number in range(9):
    body = neuron(number, (28, 128, 128)).tree.rasterize((28, 128, 128), spacing=(1, 1, 2))
    labels[..., 128 * number : 128 * (number + 1)] = (number + 1) * body

trees = zimg.skeletonize_labels(labels, radius="euclidean")
sheet = zimg.contact_sheet(trees, labels=labels, columns=3, side=130)
plt.figure(figsize=(4, 4.4), facecolor="#262a32").add_axes((0, 0, 1, 1)).imshow(sheet)
plt.axis("off")
