"""Parameters that all blocks of a session share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg.blocked.executors import worker_number
from zimg.blocked.plan import ZYX, Block
from zimg.tracing.config import TraceConfig


@dataclass(frozen=True)
class Parameters:
    """Parameters that all blocks of a session share.

    Attributes
    ----------
    shape
        Voxels of the tracing volume along z, y, x.
    z_to_xy
        Size of a voxel in z over that in x and y, after downsampling.
    config
        Configuration of tracing.
    dtype
        Precision of the kernels.
    framework, device
        Framework and device of the kernels; ``{worker}`` in the device is the number of the worker.
    """

    shape: ZYX
    z_to_xy: float
    config: TraceConfig
    dtype: str = "float32"
    framework: str = "numpy"
    device: str | Callable[[int], str] | None = None

    @property
    def enhanced(self) -> float | None:
        """Size of a voxel in z over that in x and y if tubes are enhanced, else None."""
        return self.z_to_xy if self.config.enhanceMask else None


def origin_of(block: Block, parameters: Parameters) -> NDArray[np.float64]:
    """Return the start of the region of a block, x y z in trace space."""
    z, y, x = block.roi.low
    return np.array([x, y, z * parameters.z_to_xy], np.float64)


def device_of(parameters: Parameters) -> str | None:
    """Return the device of this worker."""
    device = parameters.device
    if device is None:
        return None
    if callable(device):
        return device(worker_number())
    return device.format(worker=worker_number()) if "{worker}" in device else device
