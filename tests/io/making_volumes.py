"""Volumes of others, built here: in several files, as text, zipped, packed, and of Analyze 7.5."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from zimg import ZImg, ZImgWriteParameters, write

NRRD = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: {} {} {}\nspacings: 0.5 0.5 2\n"
META = (
    "ObjectType = Image\nNDims = 3\nDimSize = {} {} {}\nElementType = MET_UCHAR\nOffset = 1 2 3\n"
)


def _planes(path: Path, data: np.ndarray) -> list[str]:
    names = [f"{path.stem}-{z}.raw" for z in range(len(data))]
    for name, plane in zip(names, data, strict=True):
        path.with_name(name).write_bytes(plane.tobytes())
    return names


def listed_metaimage(path: Path, data: np.ndarray) -> None:
    """A header that lists a file for each plane."""
    names = "".join(f"{name}\n" for name in _planes(path, data))
    path.write_text(META.format(*data.shape[::-1]) + f"ElementDataFile = LIST\n{names}")


def numbered_nrrd(path: Path, data: np.ndarray) -> None:
    """A header that numbers a file for each plane."""
    _planes(path, data)
    pattern = f"{path.stem}-%d.raw 0 {len(data) - 1} 1"
    head = NRRD.format(*data.shape[::-1])
    path.write_text(f"{head}encoding: raw\ndata file: {pattern}\n\n")


def text_nrrd(path: Path, data: np.ndarray) -> None:
    """Numbers as text."""
    numbers = " ".join(map(str, data.reshape(-1).tolist()))
    path.write_text(f"{NRRD.format(*data.shape[::-1])}encoding: text\n\n{numbers}\n")


def hex_nrrd(path: Path, data: np.ndarray) -> None:
    """Bytes in hexadecimal."""
    path.write_text(f"{NRRD.format(*data.shape[::-1])}encoding: hex\n\n{data.tobytes().hex()}\n")


def analyze(path: Path, data: np.ndarray) -> None:
    """A pair of Analyze 7.5."""
    head = bytearray(348)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 3, *data.shape[::-1], 1, 1, 1, 1)
    struct.pack_into("<2h", head, 70, 2, 8)
    struct.pack_into("<8f", head, 76, 0, 0.5, 0.5, 2, 0, 0, 0, 0)
    path.write_bytes(head)
    path.with_suffix(".img").write_bytes(data.tobytes())


def zipped(path: Path, data: np.ndarray) -> None:
    """An OME-Zarr store in a zip file."""
    folder = path.with_name("zipped.ome.zarr")
    write(folder, ZImg(data[None]), parameters=ZImgWriteParameters(chunks=(2, 16, 16)))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for each in sorted(folder.rglob("*")):
            if each.is_file():
                packed.write(each, each.relative_to(folder))


def packed_by_differences(path: Path, data: np.ndarray) -> None:
    """Literals, and steps of 0 in between."""
    sizes = struct.pack("<4I", *data.shape[::-1], 1)
    codes = b"".join(
        bytes([31]) + data.reshape(-1)[at : at + 32].tobytes() + bytes([32 + 64]) + bytes(16)
        for at in range(0, data.size // 3 + 1, 32)
    )
    head = b"v3d_volume_pkbitdf_encodL" + struct.pack("<H", 1)
    path.write_bytes(head + sizes + codes)


MAKERS: dict[str, Callable[[Path, np.ndarray], None]] = {
    ".ozx": zipped,
    ".list.mhd": listed_metaimage,
    ".pattern.nhdr": numbered_nrrd,
    ".text.nrrd": text_nrrd,
    ".hex.nrrd": hex_nrrd,
    ".hdr": analyze,
    ".v3dpbd": packed_by_differences,
}


def imaris(path: Path, data: np.ndarray, **options: object) -> Path:
    """An Imaris file of (T, C, Z, Y, X) with levels that halve y and x until 16 are left."""
    import h5py

    def tell(place: h5py.Group, **texts: object) -> None:
        for name, value in texts.items():
            place.attrs[name] = np.array([each.encode() for each in str(value)], "S1")

    times, channels, depth, height, width = data.shape
    settings = {"chunks": (min(depth, 2), 16, 16), "compression": "gzip", **options}
    with h5py.File(path, "w") as file:
        level, step = 0, 1
        while level == 0 or min(height, width) // step >= 16:
            for t, c in np.ndindex(times, channels):
                volume = data[t, c, :, ::step, ::step]
                name = f"DataSet/ResolutionLevel {level}/TimePoint {t}/Channel {c}"
                place = file.create_group(name)
                z, y, x = volume.shape
                padded = [(0, -n % 16) for n in volume.shape[1:]]
                place.create_dataset("Data", data=np.pad(volume, [(0, z % 2), *padded]), **settings)
                tell(place, ImageSizeX=x, ImageSizeY=y, ImageSizeZ=z)
            level, step = level + 1, 2 * step
        ends = {f"ExtMax{n}": 10 + size / 2 for n, size in enumerate((width, height, 4 * depth))}
        image = file.create_group("DataSetInfo/Image")
        tell(image, X=width, Y=height, Z=depth, Unit="um", **ends)
        tell(image, ExtMin0=10, ExtMin1=10, ExtMin2=10)
        for c in range(channels):
            place = file.create_group(f"DataSetInfo/Channel {c}")
            tell(place, Name=f"dye {c}", Color="1.000 0.502 0.000", ColorMode="BaseColor")
        info = file.create_group("DataSetInfo/TimeInfo")
        tell(
            info, **{f"TimePoint{n + 1}": f"2024-01-01 00:00:{2.5 * n:06.3f}" for n in range(times)}
        )
    return path
