"""The header of an MRC file: 1024 bytes of fixed fields.

The fields are those of MRC2014, doi:10.1016/j.jsb.2015.04.002.
"""

from typing import Any

import numpy as np

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.formats.shared.volume import set_position
from zimg.io.units import set_voxel_size
from zimg.values import VoxelSizeUnit, ZImgInfo

HEADER = 1024  # bytes
_FIELDS: dict[str, tuple[str, int]] = {  # name: type and first byte
    "size": ("3i4", 0),
    "mode": ("i4", 12),
    "grid": ("3i4", 28),
    "cell": ("3f4", 40),  # ångström
    "axes": ("3i4", 64),
    "space_group": ("i4", 88),
    "extended": ("i4", 92),
    "imod": ("i4", 152),
    "imod_flags": ("i4", 156),
    "origin": ("3f4", 196),
    "mark": ("S4", 208),
    "stamp": ("2u1", 212),
}
_DTYPE = np.dtype(
    {
        "names": list(_FIELDS),
        "formats": [kind for kind, _ in _FIELDS.values()],
        "offsets": [place for _, place in _FIELDS.values()],
        "itemsize": HEADER,
    }
)
MODES = {0: "int8", 1: "int16", 2: "float32", 6: "uint16", 12: "float16"}
REFUSED = {3: "complex integers", 4: "complex numbers", 101: "two voxels in a byte"}
STAMPS: dict[tuple[int, ...], str] = {(0x44, 0x44): "<", (0x44, 0x41): "<", (0x11, 0x11): ">"}
IMOD = 1146047817  # marks files of IMOD, whose bytes are signed only where flag 1 says so
STACKS = range(401, 631)  # space groups of stacks of volumes


class Header:
    """The fields of a header.

    Parameters
    ----------
    data
        The first 1024 bytes.

    Raises
    ------
    ZException
        When the bytes are no header of MRC, or the voxels are of a kind that is not read.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) < HEADER:
            raise ZException(f"an MRC header has {HEADER} bytes, the file has {len(data)}")
        record = np.frombuffer(data, _DTYPE, 1)[0]
        order = STAMPS.get(tuple(int(value) for value in record["stamp"]))
        if order is None:  # old files have no stamp: the order in which the mode is a known one
            orders = (each for each in "<>" if int(_in(each, record)["mode"]) in MODES)
            order = next(orders, "<")
        self._record = _in(order, record)
        self.stored = self._stored_type(order)
        self.size = self._three("size")
        self.extended = int(self._record["extended"])
        if min(self.size) < 1 or self.extended < 0:
            raise ZException(
                f"MRC header has sizes {self.size} and {self.extended} bytes of extended header: "
                "expected sizes from 1 up and a count"
            )

    def _stored_type(self, order: str) -> np.dtype[Any]:
        mode = int(self._record["mode"])
        if mode not in MODES:
            known = ", ".join(f"{number} ({kind})" for number, kind in MODES.items())
            kind = REFUSED.get(mode, "unknown")
            raise ZException(f"MRC mode {mode} ({kind}) is not supported: expected {known}")
        unsigned = int(self._record["imod"]) == IMOD and not int(self._record["imod_flags"]) & 1
        name = "uint8" if mode == 0 and unsigned else MODES[mode]
        return np.dtype(name).newbyteorder("<" if order == "<" else ">")

    def _three(self, name: str) -> tuple[int, int, int]:
        x, y, z = (int(value) for value in self._record[name])
        return x, y, z

    @property
    def volumes(self) -> int:
        """Number of volumes; 1 unless the file is a stack of volumes."""
        depth = self._three("grid")[2]
        if int(self._record["space_group"]) not in STACKS:
            return 1
        if depth < 1 or self.size[2] % depth:
            raise ZException(f"{self.size[2]} sections are no stack of volumes of {depth} sections")
        return self.size[2] // depth

    def info(self) -> ZImgInfo:
        """Sizes and metadata of one volume; voxel sizes and position are in nanometres."""
        x, y, z = self.size
        info = ZImgInfo(x, y, z // self.volumes, 1, 1, *VOXEL_TYPES[self.stored.name])
        set_voxel_size(info, self._voxel_sizes(), "angstrom", express=VoxelSizeUnit.nm)
        set_position(info, [float(value) for value in self._record["origin"]], "angstrom")
        return info

    def _voxel_sizes(self) -> list[float | None]:
        """Ångström along columns, rows and sections, each of which is an axis of the cell."""
        axes = self._three("axes")
        if sorted(axes) != [1, 2, 3]:
            axes = 1, 2, 3
        cell, grid = self._record["cell"], self._three("grid")
        return [float(cell[axis - 1]) / grid[axis - 1] if grid[axis - 1] else None for axis in axes]


def _in(order: str, record: Any) -> Any:
    """The fields in a byte order."""
    return record if order == "=" else record.view(record.dtype.newbyteorder(order))
