"""A maximum projection with a scale bar."""

import zimg
from zimg.cli.demo import as_image
from zimg.phantom import neuron

zimg.write("cell.tif", as_image(neuron(shape=(28, 128, 128))))

image = zimg.read("cell.tif")
image.plot().axis("off")
