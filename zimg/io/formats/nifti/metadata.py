"""Convert the header of a NIfTI file to metadata."""

from zimg._errors import ZException
from zimg.io.formats.nifti.header import Header
from zimg.io.formats.shared.volume import set_position, volume_info
from zimg.io.units import set_voxel_size, usable
from zimg.values import ZImgInfo


def sizes_of(header: Header) -> dict[str, int]:
    """Sizes by the letters of the axes; colours are channels."""
    sizes = dict(header.sizes)
    if header.colors > 1:
        if sizes.get("c", 1) > 1:
            raise ZException(f"vectors of {sizes['c']} colours per voxel are not supported")
        sizes["c"] = header.colors
    return sizes


def image_info(header: Header) -> ZImgInfo:
    """Sizes, type, voxel sizes, position and time stamps of the image."""
    info = volume_info(sizes_of(header), header.stored)
    steps = [abs(step) for step in header.steps]
    if header.unit or any(usable(step) not in (None, 1.0) for step in steps[:3]):
        set_voxel_size(info, steps[:3], [header.unit or "mm"] * 3)  # as the reference
    set_position(info, header.position, header.unit or "mm")
    step = usable(steps[3])
    if info.numTimes > 1 and step:
        first = header.first
        info.timeStamps = [(first + n * step) * header.seconds for n in range(info.numTimes)]
    return info
