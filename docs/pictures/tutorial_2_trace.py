"""The traced tree over the image, and the distances from the tree that was drawn."""

import matplotlib.pyplot as plt

import zimg

image = zimg.read("tutorial.tif")
tree = zimg.trace(image)
tree.save("tutorial.swc")
print(tree)

gold = zimg.ZSwc("gold.swc")
agreement = zimg.compare(tree, gold, voxel_size=(1, 1, 2))
print(f"precision {agreement.precision:.3f}, recall {agreement.recall:.3f}")

figure, axes = plt.subplots(1, 2, figsize=(10, 4))
tree.plot(axes[0], image=image)
tree.plot(axes[1], image=image, color="error", gold=gold)
figure.tight_layout()
