"""Patches to train a network with.

`zimg.patches` cuts boxes out of files or arrays and draws the tree into the same box as the target.
"""

import matplotlib.pyplot as plt

import zimg
from zimg.phantom import neuron

drawn = neuron(shape=(28, 128, 128))
data = zimg.patches(drawn.volume, drawn.tree, shape=(16, 48, 48), count=4, seed=1)

figure, axes = plt.subplots(2, 4, figsize=(9, 4.6))
for (upper, lower), number in zip(axes.T, range(len(data)), strict=True):
    patch = data[number]
    upper.imshow(patch.image[0].max(axis=0), cmap="gray")
    lower.imshow(patch.target.max(axis=0), cmap="gray")
for ax in axes.ravel():
    ax.axis("off")
figure.tight_layout()
