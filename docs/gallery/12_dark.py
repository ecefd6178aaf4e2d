"""Dark neurites on a bright ground.

Bright-field images are traced with `invert=True`.
"""

import zimg
from zimg.phantom import neurite

dark = 255 - neurite().volume
tree = zimg.trace(dark, invert=True)
ax = zimg.ZImg(dark, layout="ZYX").plot(projection=16)
tree.plot(ax=ax)
