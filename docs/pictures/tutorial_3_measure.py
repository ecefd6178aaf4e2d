"""The pruned tree in micrometres, and its Sholl diagram."""

import matplotlib.pyplot as plt

import zimg

image = zimg.read("tutorial.tif")
tree = zimg.ZSwc("tutorial.swc").to_um(image.info).pruned(5.0)
shape = tree.morphometry(sholl_step=4.0)
print(f"{shape.length:.0f} um, {shape.tips} tips, {shape.forks} forks")

figure, axes = plt.subplots(1, 2, figsize=(10, 4))
tree.plot(axes[0], color="radius")
axes[1].step(shape.sholl.radii, shape.sholl.crossings, where="mid")
axes[1].set(xlabel="distance from the soma (µm)", ylabel="crossings")
figure.tight_layout()
