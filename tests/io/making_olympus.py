"""OIF and OIB files of Olympus, built here: settings, planes, and the compound file around them."""

import struct
from collections.abc import Mapping
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import tifffile

SECTOR, MINI, CUTOFF = 512, 64, 4096
END, FAT, FREE = 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def settings(sizes: Mapping[str, int], channels: int = 1, more: str = "") -> bytes:
    """The main settings of an image of half a micrometre, 2 micrometres in z, 3 s in time."""
    lines = ["[ProfileSaveInfo]", 'Name="OIF"', 'Version="2.0.0.0"']
    steps = {"Z": (2000.0, "nm"), "T": (3000.0, "ms"), "X": (0.5, "um"), "Y": (0.5, "um")}
    for n, axis in enumerate("XYCZT   "):
        step, unit = steps.get(axis, (0.0, ""))
        count = sizes.get(axis, 1)
        lines += [f"[Axis {n} Parameters Common]", f'AxisCode="{axis}"', f"MaxSize={count}"]
        lines += ["StartPosition=0.0", f"EndPosition={step * (count - 1)}", f'UnitName="{unit}"']
    lines += ["[Axis Parameter Common]", 'AxisOrder="XYCZT"', "[Reference Image Parameter]"]
    lines += ["ValidBitCounts=12", "WidthConvertValue=0.5", 'WidthUnit="um"']
    lines += ["HeightConvertValue=0.5", 'HeightUnit="um"']
    for n in range(channels):
        lines += [f"[GUI Channel {n + 1} Parameters]", f'CH Name="CHS{n + 1}"', f'DyeName="Dye{n}"']
    return _text("\r\n".join([*lines, more, ""]))


def lut(red: int, green: int, blue: int) -> bytes:
    """A lookup table up to a colour."""
    ramp = np.arange(256)[:, None] * np.array([blue, green, red, 0]) // 255
    return _text("[Comment]\r\na=1\r\n[ColorLUTData]\r\n") + ramp.astype(np.uint8).tobytes()


def _text(text: str) -> bytes:
    return b"\xff\xfe" + text.encode("utf-16-le")


def plane(data: np.ndarray) -> bytes:
    """A TIFF file."""
    file = BytesIO()
    tifffile.imwrite(file, data, photometric="minisblack", metadata=None)
    return file.getvalue()


def contents(data: np.ndarray) -> dict[str, bytes]:
    """Files of an image (T, C, Z, Y, X); axes of one sample are not in the names."""
    sizes = dict(zip("TCZYX", data.shape, strict=True))
    found = {"s_LUT1.lut": lut(255, 128, 0)}
    for t, c, z in np.ndindex(*data.shape[:3]):
        places = {"C": c, "Z": z, "T": t}
        text = "".join(f"{a}{n + 1:03}" for a, n in places.items() if sizes[a] > 1 or a == "C")
        found[f"s_{text}.tif"] = plane(data[t, c, z])
    return {"main": settings(sizes, data.shape[1]), **found}


def oif(path: Path, data: np.ndarray) -> Path:
    """An OIF file and its folder."""
    files = contents(data)
    path.write_bytes(files.pop("main"))
    folder = path.with_name(path.name + ".files")
    folder.mkdir()
    for name, each in files.items():
        (folder / name).write_bytes(each)
    return path


def oib(path: Path, data: np.ndarray) -> Path:
    """The same in one file."""
    files = contents(data)
    named = {"Stream00000": "a.oif"}
    streams = {"Stream00000": files.pop("main")}
    for n, (name, each) in enumerate(files.items(), start=1):
        key = f"Stream{n:05}"
        named[key], streams[f"Storage00001/{key}"] = f"Storage00001/{name}", each
    lines = ["[OibSaveInfo]", 'Name="OIB"', 'Version="2.0.0.0"', "MainFileName=Stream00000"]
    lines += ["Storage00001=a.oif.files", *(f"{key}={name}" for key, name in named.items())]
    path.write_bytes(compound({"OibInfo.txt": _text("\r\n".join([*lines, ""])), **streams}))
    return path


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file of version 3 with one storage, small streams in the mini stream."""
    sectors: list[bytes] = []
    fat: list[int] = []

    def store(data: bytes) -> int:
        """Append a chain of sectors; its first one."""
        if not data:
            return END
        first, count = len(sectors), -(-len(data) // SECTOR)
        sectors.extend(_padded(data[n : n + SECTOR], SECTOR) for n in range(0, len(data), SECTOR))
        fat.extend([*range(first + 1, first + count), END])
        return first

    small, mini_fat, first_of = b"", list[int](), dict[str, int]()
    for name, data in streams.items():
        if len(data) >= CUTOFF:
            first_of[name] = store(data)
            continue
        count = max(-(-len(data) // MINI), 1)
        first_of[name] = len(mini_fat)
        mini_fat += [*range(len(mini_fat) + 1, len(mini_fat) + count), END]
        small += _padded(data, count * MINI)
    root, minis = store(small), store(struct.pack(f"<{len(mini_fat)}I", *mini_fat))
    directory = store(_directory(streams, first_of, (root, len(small))))
    count = next(n for n in range(1, 110) if n * SECTOR // 4 >= len(sectors) + n)
    tables = list(range(len(sectors), len(sectors) + count))
    fat += [FAT] * count
    fat += [FREE] * (count * SECTOR // 4 - len(fat))
    head = struct.pack("<8s16xHHHHH6x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6)
    mini_sectors = -(-len(mini_fat) * 4 // SECTOR)
    head += struct.pack("<9I", 0, count, directory, 0, CUTOFF, minis, mini_sectors, END, 0)
    head += struct.pack("<109I", *tables, *[FREE] * (109 - count))
    return head + b"".join(sectors) + struct.pack(f"<{len(fat)}I", *fat)


def _directory(
    streams: Mapping[str, bytes], first_of: Mapping[str, int], root: tuple[int, int]
) -> bytes:
    """Entries: the root, the storage, then streams as a list of right siblings."""
    outer = [name for name in streams if "/" not in name]
    inner = [name for name in streams if "/" in name]
    number = {name: n for n, name in enumerate([*outer, *inner], start=2)}
    after = {a: number[b] for group in (outer, inner) for a, b in pairwise(group)}
    first = number[inner[0]] if inner else FREE
    entries = [
        _entry("Root Entry", 5, (FREE, FREE, 1), *root),
        _entry("Storage00001", 1, (FREE, number[outer[0]], first), 0, 0),
    ]
    for name in (*outer, *inner):
        kin = FREE, after.get(name, FREE), FREE
        entries.append(_entry(name.rpartition("/")[2], 2, kin, first_of[name], len(streams[name])))
    return b"".join(entries)


def _entry(name: str, kind: int, kin: tuple[int, int, int], first: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII16sIQQIQ", text, len(text), kind, 1, *kin, b"", 0, 0, 0, first, size
    )


def _padded(data: bytes, size: int) -> bytes:
    return data + bytes(size - len(data))
