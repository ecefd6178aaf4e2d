"""Units and voxel sizes: every spelling in use, and the one rule for sizes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zimg import VoxelSizeUnit, ZImgInfo
from zimg.io.units import UNIT_IN_UM, in_seconds, in_um, set_voxel_size, usable

# https://www.openmicroscopy.org/Schemas/Documentation/Generated/OME-2016-06/ome_xsd.html
OME_LENGTHS = {
    "Ym": 1e30,
    "Zm": 1e27,
    "Em": 1e24,
    "Pm": 1e21,
    "Tm": 1e18,
    "Gm": 1e15,
    "Mm": 1e12,
    "km": 1e9,
    "hm": 1e8,
    "dam": 1e7,
    "m": 1e6,
    "dm": 1e5,
    "cm": 1e4,
    "mm": 1e3,
    "µm": 1.0,
    "nm": 1e-3,
    "pm": 1e-6,
    "fm": 1e-9,
    "am": 1e-12,
    "zm": 1e-15,
    "ym": 1e-18,
    "Å": 1e-4,
    "thou": 25.4,
    "li": 25400 / 12,
    "in": 25400.0,
    "ft": 304800.0,
    "yd": 914400.0,
    "mi": 1609344e3,
    "ua": 1.495978707e17,
    "ly": 9.4607304725808e21,
    "pt": 25400 / 72,
    "pc": 3.0856775814913673e22,
}
OME_TIMES = {
    "Ms": 1e6,
    "ks": 1e3,
    "s": 1.0,
    "ds": 0.1,
    "cs": 0.01,
    "ms": 1e-3,
    "µs": 1e-6,
    "ns": 1e-9,
    "ps": 1e-12,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}
WORDS = {
    "micrometer": 1.0,
    "Micrometres": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "um": 1.0,
    "μm": 1.0,
    "\\u00B5m": 1.0,
    "Âµm": 1.0,
    "[um]": 1.0,
    "nanometer": 1e-3,
    "NM": 1e-3,
    "angstrom": 1e-4,
    "\u212b": 1e-4,
    "foot": 304800.0,
    "yard": 914400.0,
    "mile": 1609344e3,
    "attometer": 1e-12,
    "decameter": 1e7,
    "inches": 25400.0,
    "millimeters": 1e3,
}
TIME_WORDS = {
    "sec": 1.0,
    "seconds": 1.0,
    "msec": 1e-3,
    "millisecond": 1e-3,
    "minutes": 60.0,
    "hour": 3600,
    "hrs": 3600.0,
    "days": 86400.0,
    "microsecond": 1e-6,
    "μs": 1e-6,
    "Sec": 1.0,
}


@pytest.mark.parametrize(("name", "value"), [*OME_LENGTHS.items(), *WORDS.items()])
def test_lengths(name, value):
    assert in_um(name) == pytest.approx(value, rel=1e-12)
    assert in_um(f" {name} ") == in_um(name)


@pytest.mark.parametrize(("name", "value"), [*OME_TIMES.items(), *TIME_WORDS.items()])
def test_times(name, value):
    assert in_seconds(name) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("name", ["pixel", "pixels", "reference frame", "", "voxel", "s", "\0"])
def test_what_is_no_length(name):
    assert in_um(name) is None


@pytest.mark.parametrize("name", ["frame", "", "mm", "m"])
def test_what_is_no_time(name):
    assert in_seconds(name) is None


def test_units_of_images_are_exact():
    assert {unit: in_um(unit.name) for unit in UNIT_IN_UM} == UNIT_IN_UM


@pytest.mark.parametrize("size", [None, "", "a", 0, "0", math.nan, math.inf, "-inf", [], 10**400])
def test_unusable_sizes(size):
    assert usable(size) is None


@given(st.floats(min_value=1e-300, max_value=1e300), st.booleans())
def test_a_negative_size_is_its_absolute_value(size, as_text):
    assert usable(repr(-size) if as_text else -size) == size


@pytest.mark.parametrize(
    ("sizes", "units", "express", "unit", "result"),
    [
        ((0.25, 250, 500), ("um", "nm", "nm"), None, "um", (0.25, 0.25, 0.5)),
        ((1, 1, 2), "mm", None, "mm", (1, 1, 2)),
        ((1, 1, 2), "mm", VoxelSizeUnit.um, "um", (1e3, 1e3, 2e3)),
        ((1, 1, 2), "dm", None, "um", (1e5, 1e5, 2e5)),
        ((0.5, 0.5, -2), "pixel", None, "none", (0.5, 0.5, 2)),
        ((8e-7, 7e-7, None), "m", None, "m", (8e-7, 7e-7, 8e-7)),
        ((None, 7e-7, "x"), "m", None, "m", (7e-7, 7e-7, 7e-7)),
        ((0.5, 0.5, 2), ("um", "um", "pixel"), None, "um", (0.5, 0.5, 0.5)),
        ((None, 0, None), "um", None, "none", (1, 1, 1)),
        (("0.5",), ("um",), None, "um", (0.5, 0.5, 0.5)),
        ((0.1, 0.1, 0.3), "nm", None, "nm", (0.1, 0.1, 0.3)),
    ],
)
def test_the_rule_for_sizes(sizes, units, express, unit, result):
    info = ZImgInfo(1, 1)
    set_voxel_size(info, sizes, units, express=express)
    assert info.voxelSizeUnit.name == unit
    assert (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ) == pytest.approx(result, rel=1e-12)
    if unit == units:
        assert info.voxelSizeX == float(sizes[0] or sizes[1])
