"""Trace a neuron.

`zimg.trace` takes an image, or a `(Z, Y, X)` array of any framework, and returns a tree. `plot`
draws the longest trees in colours of their own.
"""

import zimg
from zimg.phantom import neuron

drawn = neuron(shape=(28, 128, 128))  # a volume, and the tree that was drawn into it
tree = zimg.trace(drawn.volume, z_to_xy=drawn.z_to_xy)

ax = zimg.ZImg(drawn.volume, layout="ZYX").plot()
tree.plot(ax=ax)
print(len(tree), "nodes, length", round(tree.total_length((1, 1, drawn.z_to_xy))), "voxels")
