"""`zimg.trace`: automatic tracing of an image or an array."""

import json
import math
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from zimg import neutube_json
from zimg._progress import Cancel, Progress, Reporter, reporter
from zimg._typing import Array
from zimg.image import ZImg
from zimg.image.volume import volume_of, z_to_xy_ratio
from zimg.ops.placing import on_device_of_first
from zimg.swc import ZSwc
from zimg.tracing.accurate import DEFAULTS, AccurateOptions, run_accurate
from zimg.tracing.config import TraceConfig, check_config, resolve_config
from zimg.tracing.pipeline import TraceReport, run_trace
from zimg.tracing.room import check_room

MODES = ("accurate", "reference")
CLUTTER = ("split", "keep")
TREES = ("relative", "all", "single")
DTYPES = ("float32", "float64")
POSITIONS = ("centred", "reference")


class TraceWarning(UserWarning):
    """A trace is empty or covers few of the bright voxels; the message suggests options."""


@on_device_of_first
def trace(
    image_or_array: ZImg | Array,
    /,
    *,
    channel: int = 0,
    time: int = 0,
    z_to_xy: float | None = None,
    downsample: tuple[int, int, int] = (1, 1, 1),
    positions: str | None = None,
    mode: str = "accurate",
    clutter: str = "split",
    trees: str = "relative",
    soma: bool = True,
    invert: bool = False,
    config: Mapping[str, Any] | TraceConfig | str | Path | None = None,
    level: int = 0,
    overrides: TraceConfig | Mapping[str, Any] | None = None,
    resample: bool = True,
    dtype: str = "float32",
    progress: Progress = None,
    cancel: Cancel | None = None,
) -> ZSwc:
    """Trace the neurites of an image.

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
    positions
        Of a downsampled trace: ``"centred"`` on the voxels that were joined, or ``"reference"``,
        multiples of the factors, (factor - 1) / 2 voxels lower. None is centred in accurate mode.
    mode
        ``"accurate"``: several passes from bright to dim, with limits in units of the image's
        noise. ``"reference"``: the results of neuTube's automatic tracing, with which the four
        options below keep their defaults.
    clutter
        ``"split"`` removes dim structures if there are many of them and a bright neuron;
        ``"keep"`` retains them.
    trees
        ``"relative"`` keeps trees of at least 0.3 of the length of the longest one, ``"single"``
        the longest, ``"all"`` all.
    soma
        Whether a cell body becomes one node, of type 1 and with its radius, the root of its tree.
    invert
        Whether neurites are darker than the background, as in bright-field images.
    config
        None for the preset ``TRACE_CONFIG``; else a `TraceConfig`, the name of a preset, a file, or
        a mapping of the same form.
    level
        A level of the configuration, 0 for none.
    overrides
        A `TraceConfig` that replaces all options, or a mapping that replaces those it names.
    resample
        Whether nodes that are not needed for the shape are removed.
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
        found. `metadata` holds the settings, and what accurate tracing found out about the image:
        noise, thresholds, chains and trees kept and left out. The settings of accurate tracing are
        comments of the file as well.

    Warns
    -----
    TraceWarning
        In accurate mode, where the tree is empty or covers less than a tenth of the brightest
        voxels.

    Raises
    ------
    ValueError, TypeError
        For arguments, among them a signal with NaN or infinite values.
    NotImplementedError
        For an option that this library does not offer yet.
    ZCancellationException
        When `cancel` was set.
    ZException
        When the device has too little memory for the volume.

    Notes
    -----
    The tube model is that of neuTube (Feng, Zhao and Kim 2015, doi:10.1523/ENEURO.0049-14.2014).

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
    chosen = AccurateOptions(clutter=clutter, trees=trees, soma=soma, invert=invert)
    check_mode(mode, chosen)
    _one_of("dtype", dtype, DTYPES)
    if positions is not None:
        _one_of("positions", positions, POSITIONS)
    preset = neutube_json.TRACE_CONFIG if config is None else config
    options = resolve_config(preset, level=level, overrides=overrides)
    check_config(options)
    volume = volume_of(image_or_array, channel, time, caller="trace")
    check_room(volume, factors=factors)
    ratio = ratio_of(image_or_array, z_to_xy, factors)
    with reporter(progress, cancel) as report:
        result = run_mode(
            volume,
            mode=mode,
            options=chosen,
            z_to_xy=ratio,
            downsample_ratio=factors,
            positions=positions,
            config=options,
            resample=resample,
            dtype=dtype,
            report=report,
        )
    for line in result.warnings:
        warnings.warn(line, TraceWarning, stacklevel=3)
    return result.tree


def run_mode(
    volume: Array,
    *,
    mode: str,
    options: AccurateOptions = DEFAULTS,
    z_to_xy: float,
    downsample_ratio: tuple[int, int, int],
    positions: str | None = None,
    config: TraceConfig,
    resample: bool = True,
    dtype: str = "float32",
    report: Reporter,
) -> TraceReport:
    """Trace a ``(Z, Y, X)`` signal in one of the modes; the tree carries settings and findings.

    Arguments are those of `trace`, checked, and of `zimg.tracing.pipeline.run_trace`.
    """
    common: dict[str, Any] = {
        "z_to_xy": z_to_xy,
        "downsample_ratio": downsample_ratio,
        "config": config,
        "resample": resample,
        "dtype": dtype,
        "report": report,
    }
    settings = {"mode": mode, "z_to_xy": z_to_xy, "downsample": list(downsample_ratio)}
    settings |= {"resample": resample, "dtype": dtype, "config": asdict(config)}
    usual = POSITIONS[MODES.index(mode)]
    settings["positions"] = positions or usual
    if mode == "reference":
        result = run_trace(volume, **common)
    else:
        result = run_accurate(volume, options=options, **common)
        settings |= asdict(options)
    if positions not in (None, usual):
        half = half_blocks(downsample_ratio, planes=volume.shape[0])
        sign = 1.0 if positions == "centred" else -1.0
        result.tree = result.tree.translated(tuple(sign * step for step in half))
    if mode == "accurate":
        result.tree.comments = [f"traced with {json.dumps(settings)}"]
    result.tree.metadata |= {
        "settings": settings,
        "findings": {"seeds": result.seeds} | result.details,
    }
    return result


def half_blocks(factors: tuple[int, int, int], *, planes: int) -> tuple[float, float, float]:
    """Distance x, y, z from the first voxel to the centre of those that downsampling joins."""
    x, y, z = factors
    return ((x - 1) / 2.0, (y - 1) / 2.0, (min(z, planes) - 1) / 2.0)


def check_mode(mode: str, options: AccurateOptions) -> None:
    """Raise ValueError for an unknown mode or choice, or one that the mode does not have."""
    _one_of("mode", mode, MODES)
    _one_of("clutter", options.clutter, CLUTTER)
    _one_of("trees", options.trees, TREES)
    if mode != "reference":
        return
    for name, value in asdict(options).items():
        if value != getattr(DEFAULTS, name):
            raise ValueError(f"{name} must be {getattr(DEFAULTS, name)!r} in mode 'reference'")


def ratio_of(
    image: ZImg | Array, z_to_xy: float | None, factors: tuple[int, int, int] = (1, 1, 1)
) -> float:
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
