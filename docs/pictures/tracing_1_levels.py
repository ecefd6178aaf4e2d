"""Three of the levels: what is brighter than each."""

import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage

import zimg
from zimg.phantom import neuron

drawn = neuron(shape=(28, 128, 128))
tree = zimg.trace(drawn.volume, z_to_xy=drawn.z_to_xy)
levels = tree.metadata["findings"]["levels"]
shown = [levels[0], levels[len(levels) // 2], levels[-1]]

figure, axes = plt.subplots(1, 4, figsize=(12, 3.2))
axes[0].imshow(drawn.volume.max(axis=0), cmap="gray")
axes[0].set_title("maximum along z")
smooth = ndimage.gaussian_filter(drawn.volume.astype(float), 1.0) - np.median(drawn.volume)
for ax, level in zip(axes[1:], shown, strict=True):
    ax.imshow((smooth > level).max(axis=0), cmap="gray")
    ax.set_title(f"{level:.0f} above background")
for ax in axes:
    ax.axis("off")
figure.tight_layout()
