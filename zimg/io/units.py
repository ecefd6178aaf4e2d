"""Units of length and time, and one rule for the voxel sizes of all formats."""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from zimg.values import VoxelSizeUnit, ZImgInfo

# Powers of ten of the SI prefixes, by symbol and by name.
_PREFIXES = {
    "Y": ("yotta", 24),
    "Z": ("zetta", 21),
    "E": ("exa", 18),
    "P": ("peta", 15),
    "T": ("tera", 12),
    "G": ("giga", 9),
    "M": ("mega", 6),
    "k": ("kilo", 3),
    "h": ("hecto", 2),
    "da": ("deca", 1),
    "": ("", 0),
    "d": ("deci", -1),
    "c": ("centi", -2),
    "m": ("milli", -3),
    "u": ("micro", -6),
    "n": ("nano", -9),
    "p": ("pico", -12),
    "f": ("femto", -15),
    "a": ("atto", -18),
    "z": ("zepto", -21),
    "y": ("yocto", -24),
}
UNIT_IN_UM = {
    VoxelSizeUnit.inch: 25_400.0,
    VoxelSizeUnit.cm: 1e4,
    VoxelSizeUnit.mm: 1e3,
    VoxelSizeUnit.um: 1.0,
    VoxelSizeUnit.nm: 1e-3,
    VoxelSizeUnit.m: 1e6,
    VoxelSizeUnit.hm: 1e8,
    VoxelSizeUnit.km: 1e9,
}
_BY_SIZE = {size: unit for unit, size in UNIT_IN_UM.items()}


def _table(symbol: str, names: Sequence[str], power: int) -> dict[str, float]:
    """All spellings of a unit with SI prefixes; the unit itself is 10 to the `power`."""
    found = {}
    for prefix, (word, exponent) in _PREFIXES.items():
        value = float(f"1e{exponent + power}")  # 1e-3 and not the result of a multiplication
        found[prefix + symbol] = value
        for name in names:
            found[word + name] = found[f"{word}{name}s"] = value
    return found


# Micrometres per unit: UnitsLength of OME-XML (2016-06), the lengths of OME-NGFF 0.5 (UDUNITS-2),
# and what ImageJ, NRRD and other programs write. Greek mu and the micro sign are spelled u.
_IN_UM = {
    **_table("m", ("meter", "metre"), 6),
    **dict.fromkeys(("micron", "microns", "u"), 1.0),
    **dict.fromkeys(("Å", "angstrom", "angstroms", "ångström"), 1e-4),
    **dict.fromkeys(("in", "inch", "inches"), 25_400.0),
    **dict.fromkeys(("ft", "foot", "feet"), 304_800.0),
    **dict.fromkeys(("yd", "yard", "yards"), 914_400.0),
    **dict.fromkeys(("mi", "mile", "miles"), 1_609_344_000.0),
    "thou": 25.4,
    "li": 25_400 / 12,
    "pt": 25_400 / 72,
    "ua": 1.495978707e17,
    "ly": 9.4607304725808e21,
    "pc": 3.0856775814913673e22,
    "parsec": 3.0856775814913673e22,
}
# Seconds per unit: UnitsTime of OME-XML, the times of OME-NGFF, and short forms in use.
_IN_SECONDS = {
    **_table("s", ("second",), 0),
    **_table("sec", (), 0),
    "secs": 1.0,
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
}


def in_um(unit: str) -> float | None:
    """Micrometres per `unit`; None for what is not a known length, such as ``pixel``."""
    return _found(unit, _IN_UM)


def in_seconds(unit: str) -> float | None:
    """Seconds per `unit`; None for what is not a known time."""
    return _found(unit, _IN_SECONDS)


def _found(unit: str, table: Mapping[str, float]) -> float | None:
    """The entry of a unit: as it is spelled (Mm is not mm), otherwise in lower case."""
    name = unit.strip(" .[]()\0\t\r\n").replace("\\u00B5", "µ").replace("\\u00b5", "µ")
    # UTF-8 that was read as Latin-1 has a second character before the micro sign.
    name = unicodedata.normalize("NFKC", name.replace("Âµ", "µ")).replace("μ", "u")
    return table.get(name, table.get(name.lower()))


def usable(size: Any) -> float | None:
    """The absolute value of a distance; None when it is absent, zero, not finite or not a number.

    A negative distance states a direction: ImageJ writes it for stacks taken from top to bottom.
    """
    value = number(size)
    return abs(value) if value else None


def number(text: Any) -> float | None:
    """A finite number, possibly spelled as text; None for anything else."""
    try:
        value = float(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def set_voxel_size(
    info: ZImgInfo,
    sizes: Sequence[Any],
    units: str | Sequence[str],
    *,
    express: VoxelSizeUnit | None = None,
) -> None:
    """Set voxel sizes from a file by the rule that all readers share.

    Parameters
    ----------
    info
        Receives the sizes and their unit; unchanged when no size is usable.
    sizes
        Sizes along x, y, z as stored in the file: numbers, strings or None; see `usable`.
    units
        Names of the units, one for each axis or one for all.
    express
        The unit to convert to. By default the unit of the file stays when all axes share it and
        `VoxelSizeUnit` has it; otherwise sizes are converted to micrometres.

    Notes
    -----
    An axis without a usable size gets that of x, or of the first axis that has one: a default of
    1.0 would be taken for a measured size. Sizes without a known length keep their numbers under
    the unit ``none``, so that their ratio is known; where some axes have a length, the others count
    as absent.
    """
    names = [units] * 3 if isinstance(units, str) else [*units, *[""] * 3][:3]
    values = [usable(size) for size in (*sizes, *[None] * 3)[:3]]
    factors = [in_um(name) for name in names]
    if any(v and f for v, f in zip(values, factors, strict=True)):
        common = {f for v, f in zip(values, factors, strict=True) if v and f}
        own = _BY_SIZE.get(next(iter(common))) if len(common) == 1 else None
        unit = express or own or VoxelSizeUnit.um
        # Multiplied first: a size in the unit of the file stays exactly as it is.
        values = [
            v * (f / UNIT_IN_UM[unit]) if v and f else None
            for v, f in zip(values, factors, strict=True)
        ]
        info.voxelSizeUnit = unit
    first = next((value for value in values if value), None)
    if first is not None:
        x, y, z = (value or first for value in values)
        info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = x, y, z


# The two units that the resolution of a TIFF page may have, by the value of tag 296.
RESOLUTION_UNITS = {2: VoxelSizeUnit.inch, 3: VoxelSizeUnit.cm}
