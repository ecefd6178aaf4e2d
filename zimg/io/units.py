"""Units as files spell them."""

import math

from zimg.values import VoxelSizeUnit

# Micrometres per unit: the lengths of OME-XML (2016-06) that are lengths, and ImageJ's spellings.
_IN_UM = {
    "m": 1e6,
    "dm": 1e5,
    "cm": 1e4,
    "mm": 1e3,
    "µm": 1.0,
    "μm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "micrometers": 1.0,
    "\\u00b5m": 1.0,
    "nm": 1e-3,
    "pm": 1e-6,
    "Å": 1e-4,
    "in": 25400.0,
    "inch": 25400.0,
    "inches": 25400.0,
    "ft": 304800.0,
}
_IN_SECONDS = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0}


def in_um(unit: str) -> float | None:
    """Micrometres per `unit`; None for what is no length, such as ``pixel``."""
    name = unit.strip()
    return _IN_UM.get(name, _IN_UM.get(name.lower()))


def in_seconds(unit: str) -> float:
    """Seconds per `unit`; 1 for one that is not known."""
    return _IN_SECONDS.get(unit.strip(), 1.0)


def usable(size: float | str | None) -> float | None:
    """A voxel size as a number; None when it is absent, no number, zero, negative or not finite."""
    try:
        value = float(size) if size is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


# The two units that the resolution of a TIFF page may have, by the value of tag 296.
RESOLUTION_UNITS = {2: VoxelSizeUnit.inch, 3: VoxelSizeUnit.cm}
