"""`zimg.trace`: automatic tracing of an image or an array."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zimg import neutube_json
from zimg._progress import Cancel, Progress, reporter
from zimg._typing import Array
from zimg.image import ZImg
from zimg.image.volume import volume_of, z_to_xy_ratio
from zimg.swc import ZSwc
from zimg.tracing.config import TraceConfig, check_supported, resolve_config
from zimg.tracing.pipeline import run_trace

MODES = ("reference",)
DTYPES = ("float32", "float64")


def trace(
    image_or_array: ZImg | Array,
    /,
    *,
    channel: int = 0,
    time: int = 0,
    z_to_xy: float | None = None,
    downsample: tuple[int, int, int] = (1, 1, 1),
    config: Mapping[str, Any] | TraceConfig | str | Path | None = None,
    level: int = 0,
    overrides: TraceConfig | Mapping[str, Any] | None = None,
    resample: bool = True,
    mode: str = "reference",
    dtype: str = "float32",
    progress: Progress = None,
    cancel: Cancel | None = None,
) -> ZSwc:
    """Trace the neurites of a bright-on-dark signal.

    Parameters
    ----------
    image_or_array
        A `ZImg`, or a ``(Z, Y, X)`` or ``(Y, X)`` array of any framework. The work is done by that
        framework on the device that holds the array; chains and trees are built on the host.
    channel, time
        Which of the image's channels and time points; an array has one of each.
    z_to_xy
        Size of a voxel in z divided by its size in x and y, after `downsample`. None takes it from
        the voxel size of the image, and 1 where that is unknown.
    downsample
        Integer factors (x, y, z) by which the signal is reduced first; the tree is scaled back.
    config
        None for the preset ``TRACE_CONFIG``; else a `TraceConfig`, the name of a preset, a file, or
        a mapping of the same form.
    level
        A level of the configuration, 0 for none.
    overrides
        A `TraceConfig` that replaces all options, or a mapping that replaces those it names.
    resample
        Whether nodes that add nothing to the shape are removed.
    mode
        ``"reference"``: the results of neuTube's automatic tracing.
    dtype
        Precision of the kernels: ``"float32"``, or ``"float64"`` for parity with recorded results,
        at two to three times the cost.
    progress
        True for progress bars, or a callable of stage, steps done and steps in all (None: unknown).
    cancel
        An object like `threading.Event`; when it is set, the work stops.

    Returns
    -------
    ZSwc
        Positions x, y, z in voxels of the image, radii in voxels of x and y. Empty when nothing was
        found.

    Raises
    ------
    ValueError, TypeError
        For arguments, among them a signal with NaN or infinite values.
    NotImplementedError
        For an option that this library does not offer yet.
    ZCancellationException
        When `cancel` was set.

    Notes
    -----
    The method is that of neuTube (Feng, Zhao and Kim 2015, doi:10.1523/ENEURO.0049-14.2014).

    Examples
    --------
    >>> image = zimg.read("cell.tif")
    >>> tree = zimg.trace(image, channel=0, z_to_xy=1.0)
    >>> tree.save("cell.swc")

    Or any ``(Z, Y, X)`` array, here with weaker tubes accepted:

    >>> import numpy as np
    >>> volume = np.asarray(image.data[0][0])
    >>> len(zimg.trace(volume, overrides={"minAutoScore": 0.2}).roots)
    1
    """
    factors = _factors(downsample)
    _one_of("mode", mode, MODES)
    _one_of("dtype", dtype, DTYPES)
    preset = neutube_json.TRACE_CONFIG if config is None else config
    options = resolve_config(preset, level=level, overrides=overrides)
    check_supported(options)
    volume = volume_of(image_or_array, channel, time, caller="trace")
    ratio = _ratio(image_or_array, z_to_xy, factors)
    with reporter(progress, cancel) as report:
        return run_trace(
            volume,
            z_to_xy=ratio,
            downsample_ratio=factors,
            config=options,
            resample=resample,
            dtype=dtype,
            report=report,
        ).tree


def _ratio(image: ZImg | Array, z_to_xy: float | None, factors: tuple[int, int, int]) -> float:
    """The z:xy ratio after downsampling: as given, else that of the image."""
    if z_to_xy is None:
        return z_to_xy_ratio(image.info, factors) if isinstance(image, ZImg) else 1.0
    if not (math.isfinite(z_to_xy) and z_to_xy > 0):
        raise ValueError(f"z_to_xy must be a finite number above 0, got {z_to_xy!r}")
    return float(z_to_xy)


def _factors(downsample: tuple[int, int, int]) -> tuple[int, int, int]:
    factors = tuple(downsample)
    if len(factors) != 3 or not all(isinstance(f, int) and f >= 1 for f in factors):
        raise ValueError(
            f"downsample must be three integers (x, y, z) of 1 or more, got {downsample}"
        )
    return factors


def _one_of(name: str, value: str, accepted: tuple[str, ...]) -> None:
    if value not in accepted:
        raise ValueError(f"{name} must be one of {', '.join(accepted)}, got {value!r}")
