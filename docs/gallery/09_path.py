"""Follow one neurite between two points.

`trace_path` finds the brightest path; `trace_from` grows from a single point.
"""

import zimg
from zimg.phantom import neurite

drawn = neurite()
start, end = drawn.tree.xyz[0], drawn.tree.xyz[-1]
path = zimg.trace_path(drawn.volume, tuple(start), tuple(end))

ax = path.plot(image=drawn.volume)
ax.plot(*start[:2], "o", color="lime")
ax.plot(*end[:2], "s", color="red")
