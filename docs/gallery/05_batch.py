"""Trace a batch of images.

`trace_many` goes on after an image that fails, and its table says why. On the command line:
`zimg trace *.tif -o trees --sheet sheet.png`.
"""

import matplotlib.pyplot as plt

import zimg
from zimg.phantom import neurite, neuron

drawn = neurite().volume
images = [drawn, drawn[:, ::-1], neuron(5, (20, 80, 80)).volume]
table = zimg.trace_many(images)
print(table)

sheet = zimg.contact_sheet([row.tree for row in table.rows], images, columns=3)
plt.figure(figsize=(8, 3)).add_axes((0, 0, 1, 1)).imshow(sheet)
plt.axis("off")
