"""A chain of fitted tubes, before the tree is resampled, and the tree."""

import matplotlib.pyplot as plt
from matplotlib.collections import EllipseCollection

import zimg
from zimg.phantom import neurite

drawn = neurite()
figure, axes = plt.subplots(1, 2, figsize=(11, 4.4))
for ax, resample in zip(axes, (False, True), strict=True):
    tree = zimg.trace(drawn.volume, resample=resample)
    zimg.ZImg(drawn.volume, layout="ZYX").plot(ax, scale_bar=False)
    size = 2 * tree.radius
    circles = EllipseCollection(
        size, size, 0 * size, units="xy", offsets=tree.xyz[:, :2], transOffset=ax.transData,
        facecolors="none", edgecolors="orange",
    )  # fmt: skip
    ax.add_collection(circles)
    tree.plot(ax)
    ax.set_title(f"{len(tree)} nodes" + (", resampled" if resample else ""))
figure.tight_layout()
