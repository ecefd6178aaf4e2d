"""The traced tree over the projection, in the colours of its radii."""

import zimg

image = zimg.read("cell.tif")
tree = zimg.trace(image)
tree.plot(image=image).axis("off")
