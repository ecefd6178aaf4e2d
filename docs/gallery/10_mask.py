"""Draw a tree into a volume.

`rasterize` makes masks, labels and distances: targets to train a network with, or a check of
the radii.
"""

import matplotlib.pyplot as plt

from zimg.phantom import neuron

drawn = neuron(seed=6)
mask = drawn.tree.rasterize(drawn.volume.shape, spacing=(1, 1, drawn.z_to_xy))
figure, axes = plt.subplots(1, 2, figsize=(9, 4.5))
axes[0].imshow(drawn.volume.max(axis=0), cmap="gray")
axes[1].imshow(mask.max(axis=0), cmap="gray")
for ax, title in zip(axes, ("signal", "mask of the tree"), strict=True):
    ax.set_title(title)
    ax.axis("off")
