"""Prune, resample and reroot a tree.

Each step gives a new tree; the old one stays as it is.
"""

import matplotlib.pyplot as plt

from zimg.phantom import neuron

tree = neuron(seed=7).tree
edited = tree.pruned(40.0).resampled(12.0)
figure, axes = plt.subplots(1, 2, figsize=(10, 4.5), sharex=True, sharey=True)
for ax, each, title in zip(axes, (tree, edited), ("before", "after"), strict=True):
    each.plot(ax)
    ax.plot(*each.xyz[:, :2].T, ".", color="black", markersize=4)
    ax.set_title(f"{title}: {len(each)} nodes")
