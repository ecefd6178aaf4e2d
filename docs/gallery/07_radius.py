"""Radii along a tree.

`color="radius"` and `color="type"` show columns of the tree.
"""

import matplotlib.pyplot as plt

from zimg.phantom import neuron

tree = neuron(seed=4).tree
tree.type[:] = [1 if parent < 0 else 3 for parent in tree.parent]
figure, axes = plt.subplots(1, 2, figsize=(11, 4.5))
tree.plot(axes[0], color="radius")
tree.plot(axes[1], color="type")
figure.tight_layout()
