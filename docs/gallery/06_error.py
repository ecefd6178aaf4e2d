"""Colour a trace by its error.

With `color="error"` each node has the colour of its distance from the expected tree.
"""

import zimg
from zimg.phantom import neuron

drawn = neuron(shape=(28, 128, 128))
tree = zimg.trace(drawn.volume, z_to_xy=drawn.z_to_xy)
tree.plot(image=drawn.volume, color="error", gold=drawn.tree)

agreement = zimg.compare(tree, drawn.tree, voxel_size=(1, 1, drawn.z_to_xy))
print(f"F1 {agreement.f1:.3f}, mean distance {agreement.esa:.2f} voxels")
