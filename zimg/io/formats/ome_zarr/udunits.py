"""Units of OME-Zarr axes in the spelling of UDUNITS-2."""

from zimg.values import VoxelSizeUnit

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
