"""Units of OME-Zarr axes, spelled as UDUNITS-2 does."""

from zimg.values import VoxelSizeUnit

# Units of lengths that an image can have.
UNITS = {
    VoxelSizeUnit.inch: "inch",
    VoxelSizeUnit.cm: "centimeter",
    VoxelSizeUnit.mm: "millimeter",
    VoxelSizeUnit.um: "micrometer",
    VoxelSizeUnit.nm: "nanometer",
    VoxelSizeUnit.m: "meter",
    VoxelSizeUnit.hm: "hectometer",
    VoxelSizeUnit.km: "kilometer",
}
BY_NAME = {name: unit for unit, name in UNITS.items()}
# Micrometres per further length, and seconds per time, of the list of OME-NGFF 0.5.
_IN_UM = {
    "angstrom": 1e-4,
    "decimeter": 1e5,
    "foot": 304_800.0,
    "yard": 914_400.0,
    "mile": 1_609_344_000.0,
    "inch": 25_400.0,
    "femtometer": 1e-9,
    "picometer": 1e-6,
    "nanometer": 1e-3,
    "micrometer": 1.0,
    "micron": 1.0,
    "um": 1.0,
    "µm": 1.0,
    "millimeter": 1e3,
    "centimeter": 1e4,
    "meter": 1e6,
    "hectometer": 1e8,
    "kilometer": 1e9,
}
_IN_SECONDS = {
    "femtosecond": 1e-15,
    "picosecond": 1e-12,
    "nanosecond": 1e-9,
    "microsecond": 1e-6,
    "millisecond": 1e-3,
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86_400.0,
}


def in_um(unit: str) -> float | None:
    """Micrometres per `unit`; None for what is no length."""
    return _IN_UM.get(unit.lower())


def in_seconds(unit: str) -> float:
    """Seconds per `unit`; 1 for one that is not known."""
    return _IN_SECONDS.get(unit.lower(), 1.0)
