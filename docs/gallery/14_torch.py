"""Filter with Torch, then trace.

Kernels run on the framework and device of the array, here a tensor on the CPU; `device="cuda"`
changes nothing else.
"""

import matplotlib.pyplot as plt
import torch

import zimg
from zimg.phantom import neurite

noisy = torch.asarray(neurite().volume, dtype=torch.float32)
noisy = noisy + 60 * torch.randn(noisy.shape, generator=torch.Generator().manual_seed(0))
smooth = torch.nn.functional.avg_pool3d(noisy[None, None], 3, stride=1, padding=1)[0, 0]
smooth = smooth.clamp(0, 255).to(torch.uint8)
tree = zimg.trace(smooth)

figure, axes = plt.subplots(1, 2, figsize=(10, 4))
for ax, volume in zip(axes, (noisy, smooth), strict=True):
    zimg.ZImg(volume, layout="ZYX").plot(ax)
tree.plot(axes[1])
