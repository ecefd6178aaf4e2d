"""Small whole files of every format that is read, for damaging."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile

from tests.io import making
from tests.io.making_nd2 import nd2
from tests.io.making_olympus import oib
from tests.io.making_volumes import MAKERS, imaris
from zimg import ZImg
from zimg.image import write
from zimg.io.formats.table import FORMATS
from zimg.io.parameters import ZImgWriteParameters

# One plane of grey, or a volume of two channels: what each format can hold.
SHAPES = {".png": (1, 1, 23, 31), ".jpg": (1, 1, 23, 31), ".jxr": (1, 1, 23, 31)}
OTHER_VARIANTS = (".ome.btf", ".nii.gz")
LEFT_OUT = {".mhd", ".nhdr", ".hdr", ".img"}  # two files; their headers are those of .mha and .nrrd
STORES = {
    ".ome.zarr": ZImgWriteParameters(chunks=(2, 16, 16)),
    ".v2.ome.zarr": ZImgWriteParameters(chunks=(2, 16, 16), omeZarrVersion="0.4"),
    ".sharded.ome.zarr": ZImgWriteParameters(chunks=(1, 8, 8), shards=(2, 16, 16)),
}
PACKINGS = {".czi": "uncompressed:", ".zstd0.czi": "zstd0:", ".zstd1.czi": "zstd1:"}
BY_OIIO = (".bmp", ".tga", ".ppm", ".sgi", ".dpx", ".exr", ".fits", ".gif", ".webp", ".jp2")


def _behind(path: Path) -> None:
    """Planes behind one directory, as tifffile describes them."""
    with tifffile.TiffWriter(path) as file:
        axes = {"axes": "ZYX"}
        file.write(voxels((3, 23, 31)), photometric="minisblack", truncate=True, metadata=axes)


def _imagej(path: Path) -> None:
    metadata = {"axes": "TZYX", "unit": "um", "spacing": -0.5, "finterval": 5, "tunit": "min"}
    tifffile.imwrite(path, voxels((2, 3, 23, 31)), imagej=True, metadata=metadata)


def _palette(path: Path) -> None:
    colors = np.arange(768, dtype=np.uint16).reshape(3, 256)
    options: dict[str, Any] = {"photometric": "palette", "colormap": colors, "metadata": None}
    tifffile.imwrite(path, voxels((2, 23, 31)), tile=(16, 16), **options)


def _renamed(path: Path) -> None:
    blocks = making.block("before.ome.tif", 0, "7")
    data = voxels((3, 20, 30)).astype(np.uint16)
    making.pages(path, data, making.described(blocks).replace('SizeC="2"', 'SizeC="1"'))


# TIFF files of several writers, by the end of their names.
TIFFS: dict[str, Callable[[Path], object]] = {
    ".stk": lambda path: making.stk(path, voxels((3, 23, 31)).astype(np.uint16)),
    ".lsm": lambda path: making.lsm(path, voxels((2, 3, 23, 31)), 70_000, 5_000),
    ".behind.tif": _behind,
    ".imagej.tif": _imagej,
    ".palette.tif": _palette,
    ".renamed.ome.tif": _renamed,
}


# Files of microscopes, and the package that reads them.
MICROSCOPES: dict[str, tuple[str, Callable[[Path], object]]] = {
    ".mrc": ("numpy", lambda path: making.mrc(path, voxels((3, 23, 31)).astype(np.int16))),
    ".oib": ("numpy", lambda path: oib(path, voxels((1, 2, 2, 23, 31)).astype(np.uint16))),
    ".ims": ("h5py", lambda path: imaris(path, voxels((1, 2, 3, 33, 35)))),
    ".nd2": ("nd2", lambda path: nd2(path, voxels((3, 2, 23, 31)), "Z")),
    ".packed.nd2": ("nd2", lambda path: nd2(path, voxels((3, 2, 23, 31)), "Z", packed=True)),
}


def suffixes() -> list[str]:
    """An end of file names for each format that is a single file, read and written here."""
    firsts = [
        next(suffix for suffix in each.write_suffixes or each.suffixes if suffix not in LEFT_OUT)
        for each in FORMATS
        if each.writer and each.reader and not each.marks and not each.missing
    ]
    return list(dict.fromkeys([*firsts, *OTHER_VARIANTS]))


def variants() -> list[str]:
    """Those of `suffixes`, of stores, and of files that are only read here."""
    found = [*suffixes(), *STORES, *MAKERS, *TIFFS]
    found += [suffix for suffix, (package, _) in MICROSCOPES.items() if find_spec(package)]
    if find_spec("pylibCZIrw"):
        found += PACKINGS
    if find_spec("liffile"):
        found.append(".lif")
    if find_spec("OpenImageIO"):
        found += [suffix for suffix in BY_OIIO if _can_write(suffix)]
        found.append(".pgm")
    return found


def made(folder: Path, suffix: str) -> Path:
    """A whole file, or store, of a format, made in `folder`."""
    path = folder / f"sample{suffix}"
    if suffix in PACKINGS:
        _write_czi(path, PACKINGS[suffix])
    elif suffix in MAKERS:
        MAKERS[suffix](path, voxels((3, 23, 31)))
    elif suffix in MICROSCOPES:
        MICROSCOPES[suffix][1](path)
    elif suffix == ".pgm":
        path.write_bytes(b"P5 # maxval\n31 23\n100\n" + voxels((23, 31)).tobytes())
    elif suffix == ".lif":
        making.lif(path, voxels((2, 3, 23, 31)), "CZYX")
    elif suffix in BY_OIIO:
        _write_by_oiio(path)
    elif suffix in TIFFS:
        TIFFS[suffix](path)
    else:
        image = ZImg(voxels(SHAPES.get(suffix, (2, 3, 23, 31))))
        write(path, image, parameters=STORES.get(suffix))
    return path


def voxels(shape: tuple[int, ...]) -> np.ndarray:
    """Random ones."""
    return np.random.default_rng(0).integers(0, 60, shape).astype(np.uint8)


def _write_czi(path: Path, packing: str) -> None:
    from pylibCZIrw import czi

    data = voxels((2, 23, 31))
    with czi.create_czi(str(path)) as document:
        for z, plane in enumerate(data):
            place = {"T": 0, "Z": z, "C": 0}
            document.write(plane[..., None], plane=place, compression_options=packing)


def _oiio() -> Any:
    import OpenImageIO

    return OpenImageIO


def _can_write(suffix: str) -> bool:
    return _oiio().ImageOutput.create(f"x{suffix}") is not None


def _write_by_oiio(path: Path) -> None:
    kinds: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        ".exr": lambda data: data.astype(np.float16),
        ".fits": lambda data: data[..., :1].astype(np.float32),
    }
    data = kinds.get(path.suffix, lambda data: data)(voxels((23, 31, 3)))
    height, width, channels = data.shape
    names = {"float16": "half", "float32": "float"}
    kind = names.get(str(data.dtype), str(data.dtype))
    if path.suffix == ".jp2":  # what OpenImageIO writes in it, it does not read itself
        path.write_bytes(imagecodecs.jpeg2k_encode(data, level=0))
        return
    output = _oiio().ImageOutput.create(str(path))
    assert output.open(str(path), _oiio().ImageSpec(width, height, channels, kind))
    assert output.write_image(data), output.geterror()
    output.close()
