"""Sholl analysis and Strahler orders.

`tree.morphometry()` measures branches, orders, asymmetry and crossings of spheres around the root.
"""

import matplotlib.pyplot as plt

from zimg.phantom import neuron

drawn = neuron()
shape = drawn.tree.morphometry(spacing=(1, 1, drawn.z_to_xy), sholl_step=5)

figure, axes = plt.subplots(1, 2, figsize=(9, 3.5))
axes[0].step(shape.sholl.radii, shape.sholl.crossings, where="mid")
axes[0].set(xlabel="distance from the root", ylabel="crossings", title="Sholl")
axes[1].hist(shape.branches.length, bins=10)
axes[1].set(xlabel="length of a branch", ylabel="branches", title=f"{shape.tips} tips")
figure.tight_layout()
