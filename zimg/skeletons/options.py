"""Options of skeletonization, with the names and defaults of the reference."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from zimg import neutube_json
from zimg._errors import ZException
from zimg._json import loads

Interval = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class SkeletonizeConfig:
    """Options: definition of objects, branches to keep, and joining.

    Parameters
    ----------
    downsampleInterval
        Voxels skipped along x, y, z: one less than the reduction factors.
    minimalLength
        Smallest length of a branch, in voxels of the original volume.
    finalMinimalLength
        Lower bound of `minimalLength`, in voxels after reduction.
    maximalDistance
        Largest gap between trees to bridge; negative for no limit.
    keepingSingleObject
        Whether to keep an object whose branches are all too short.
    rebase
        Whether to restart growth from the far end of the object.
    fillingHole
        Whether to fill enclosed background.
    removingBorder
        Whether to close gaps of one voxel between objects, plane by plane.
    minimalObjectSize
        Smallest number of voxels of an object, in the original volume.
    level
        Threshold; fractions are useful for float images such as probability maps.
    levelOp
        0: above the level; 1: from 1 up to below the level; 2: equal to it; else: above 0.
    connectingBranch
        Whether to join separate trees.
    resampleSwc
        Whether to remove redundant nodes.
    resolution
        Size of a voxel in the plane and along z, for lengths; None for the voxel size of the image
        in units of its width, or 1 and 1 if unknown.
    interpolating
        Not supported, as in the reference.

    Notes
    -----
    Names, defaults and meaning are those of the reference.
    """

    downsampleInterval: Interval = (0, 0, 0)
    minimalLength: float = 15.0
    finalMinimalLength: float = 0.0
    maximalDistance: float = -1.0
    keepingSingleObject: bool = False
    rebase: bool = False
    fillingHole: bool = False
    removingBorder: bool = False
    minimalObjectSize: int = 0
    level: float = -1
    levelOp: int = 0
    connectingBranch: bool = True
    resampleSwc: bool = True
    resolution: tuple[float, float] | None = None
    interpolating: bool = False
    usingOriginalSignal: bool = field(default=False, repr=False)
    autoGrayThreshold: bool = field(default=True, repr=False)

    @property
    def factors(self) -> Interval:
        """Reduction factors along x, y, z."""
        x, y, z = (max(0, skipped) + 1 for skipped in self.downsampleInterval)
        return x, y, z

    @property
    def scale(self) -> float:
        """Length of a reduced voxel in original ones."""
        x, y, z = self.factors
        return float(x) if x == y == z else (x * y * z) ** (1 / 3)

    @property
    def shortest(self) -> float:
        """Smallest length of a branch, in voxels after reduction."""
        return max(self.finalMinimalLength, self.minimalLength / self.scale)

    @property
    def smallest(self) -> int:
        """Smallest number of voxels of an object, after reduction; 0 keeps all."""
        return int(self.minimalObjectSize / math.prod(self.factors))

    @property
    def in_widths(self) -> tuple[float, float]:
        """Size of a voxel in the plane and along z; 1 if unknown."""
        return (1.0, 1.0) if self.resolution is None else self.resolution

    @property
    def height(self) -> float:
        """Height of a reduced voxel, in units of its width."""
        in_plane, along_z = self.in_widths
        if min(in_plane, along_z) <= 0:  # all steps then have length 1
            in_plane = along_z = 1.0
        fx, fy, fz = self.factors
        return float(along_z * fz / (in_plane * (fx * fy) ** 0.5))

    @property
    def gap_scale(self) -> tuple[float, float]:
        """Size of a voxel in z over that in the plane, and the largest gap; negative for any."""
        in_plane, along_z = self.in_widths
        z_scale = along_z / in_plane if in_plane != 1 else along_z
        return z_scale, self.maximalDistance / in_plane if self.maximalDistance >= 0 else -1.0


Config = Mapping[str, Any] | SkeletonizeConfig | str | Path | None

# The second name takes precedence.
_ALIASES = {
    "lengthThreshold": "minimalLength",
    "finalLengthThreshold": "finalMinimalLength",
    "distanceThreshold": "maximalDistance",
    "grayOp": "levelOp",
}
_KINDS: dict[str, type] = {
    option.name: option.type  # type: ignore[misc]
    for option in fields(SkeletonizeConfig)
}


def resolve_options(
    config: Config,
    *,
    downsample: Sequence[int] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> SkeletonizeConfig:
    """Resolve a configuration to the options of one run.

    Parameters
    ----------
    config
        Options; a mapping with their names or aliases, possibly inside ``{"skeletonize": ...}``;
        the name of a preset of `zimg.neutube_json`; the path of a JSON file; None for the
        defaults.
    downsample
        Overrides `downsampleInterval`: voxels skipped along x, y, z.
    overrides
        Options that override those of `config`, by name or alias.

    Raises
    ------
    ValueError
        For unknown keys and invalid numbers. The reference ignores them.
    TypeError
        For values of the wrong type. The reference ignores them.
    ZException
        When a file cannot be read or is not JSON.
    """
    options = _with(_resolved(config), overrides or {})
    if downsample is not None:
        options = _with(options, {"downsampleInterval": list(downsample)})
    if options.interpolating:
        raise ValueError("interpolating: true is not supported, as in the reference")
    return options


def _resolved(config: Config) -> SkeletonizeConfig:
    if config is None:
        return SkeletonizeConfig()
    if isinstance(config, SkeletonizeConfig):
        return config
    if isinstance(config, str | Path):
        config = _named(config)
    if not isinstance(config, Mapping):
        raise TypeError(
            f"a skeletonize configuration must be a mapping, got {type(config).__name__}"
        )
    if set(config) == {"skeletonize"} and isinstance(config["skeletonize"], Mapping):
        config = config["skeletonize"]
    return _with(SkeletonizeConfig(), config)


def _named(name: str | Path) -> Any:
    """The content of a file, or a preset if no file has this name."""
    path = Path(name)
    preset = getattr(neutube_json, str(name), None)
    if not path.exists() and isinstance(preset, Mapping):
        return preset
    try:
        return loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ZException(f"cannot read skeletonize configuration {name}: {error}") from error


def _with(options: SkeletonizeConfig, config: Mapping[str, Any]) -> SkeletonizeConfig:
    """`options` changed by a mapping of names or aliases."""
    given = {_ALIASES[key]: value for key, value in config.items() if key in _ALIASES}
    if "grayOp" in config and "levelOp" in config:
        given["levelOp"] = config["levelOp"]
    for key, value in config.items():
        if key not in _KINDS and key not in _ALIASES:
            raise ValueError(f"unknown option {key!r}; accepted: {', '.join(_KINDS)}")
        given.setdefault(key if key in _KINDS else _ALIASES[key], value)
    values = {name: getattr(options, name) for name in _KINDS}
    return SkeletonizeConfig(**values | {key: _checked(key, value) for key, value in given.items()})


def _checked(name: str, value: Any) -> Any:
    kind = _KINDS[name]
    if name == "downsampleInterval":
        return _numbers(name, value, (3,), int)
    if name == "resolution":
        sizes = _numbers(name, value, (2, 3), int | float)
        return float(sizes[0]), float(sizes[-1])
    fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{name} must be {kind.__name__}, got {value!r}")
    if kind is float and not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    if name == "level" and value == int(value):
        return int(value)  # compared exactly with integers of any size
    return kind(value)


def _numbers(name: str, value: Any, counts: tuple[int, ...], kind: Any) -> tuple[Any, ...]:
    numbers = tuple(value) if isinstance(value, list | tuple) else ()
    if len(numbers) not in counts:
        expected = " or ".join(map(str, counts))
        raise ValueError(f"{name} must be {expected} numbers, got {value!r}")
    if any(isinstance(each, bool) or not isinstance(each, kind) for each in numbers):
        raise TypeError(f"{name} must be numbers, integers where voxels are counted, got {value!r}")
    return numbers
