"""ND2 files of version 3, built here: chunks of binary variants, frames, and the map at the end."""

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

MAGIC, ALIGNMENT = 0x0ABECEDA, 4096
LOOPS = {"T": 1, "P": 2, "Z": 4}


def variant(name: str, value: object) -> bytes:
    """A named value, as the package nd2 decodes it."""
    text = (name + "\0").encode("utf-16-le")
    head = struct.pack("BB", _kind(value), len(text) // 2) + text
    if isinstance(value, dict):
        items = [variant(key, each) for key, each in value.items()]
        body = b"".join(items)
        size = len(head) + 12 + len(body)
        return head + struct.pack("<IQ", len(items), size) + body + bytes(8 * len(items))
    if isinstance(value, bool):
        return head + struct.pack("<B", value)
    if isinstance(value, str):
        return head + (value + "\0").encode("utf-16-le")
    return head + struct.pack("<d" if isinstance(value, float) else "<I", value)


def _kind(value: object) -> int:
    kinds = {dict: 11, bool: 1, str: 8, float: 6}
    return next((kind for each, kind in kinds.items() if isinstance(value, each)), 3)


def experiment(loops: list[tuple[str, int]]) -> dict[str, object]:
    """Loops within loops, the slowest first."""
    (axis, count), *inner = loops
    points = {f"i{n:010}": {"dPosX": 10.0 * n, "dPosY": 5.0, "dPosZ": 0.0} for n in range(count)}
    settings: Mapping[str, dict[str, object]] = {
        "T": {"uiCount": count, "dStart": 0.0, "dPeriod": 2000.0, "dDuration": 0.0},
        "P": {"uiCount": count, "Points": points},
        "Z": {"uiCount": count, "dZLow": 0.0, "dZHigh": 2.0 * (count - 1), "dZStep": 2.0},
    }
    found: dict[str, object] = {"eType": LOOPS[axis], "uLoopPars": settings[axis]}
    if inner:
        found["ppNextLevelEx"] = {"i0000000000": experiment(inner)}
    return found


def nd2(
    path: Path,
    data: np.ndarray,
    axes: str,
    *,
    packed: bool = False,
    colour: bool = False,
    padding: int = 0,
    left_out: tuple[int, ...] = (),
) -> Path:
    """A file of frames (..., C, Y, X); `axes` are letters of T, P and Z of those before C."""
    channels, height, width = data.shape[-3:]
    bits = 8 * data.dtype.itemsize
    row = width * channels * data.dtype.itemsize + padding
    frames = np.moveaxis(data, -3, -1).reshape(-1, height, width * channels)
    attributes = {"uiWidth": width, "uiWidthBytes": row, "uiHeight": height, "uiComp": channels}
    attributes |= {"uiBpcInMemory": bits, "uiBpcSignificant": min(bits, 12)}
    attributes |= {"uiSequenceCount": len(frames), "eCompression": 0 if packed else 2}
    planes = {
        f"a{n}": {
            "sDescription": f"dye {n}",
            "uiColor": 0x0080FF,
            "uiCompCount": channels if colour else 1,
            "pFluorescentProbe": {"m_EmissionSpectrum": {"uiCount": 0}},
        }
        for n in range(1 if colour else channels)
    }
    picture = {
        "bCalibrated": True,
        "dCalibration": 0.5,
        "sPicturePlanes": {"uiCount": len(planes), "sPlaneNew": planes},
    }
    chunks = {
        "ImageAttributesLV!": variant("SLxImageAttributes", attributes),
        "ImageMetadataSeqLV|0!": variant("SLxPictureMetadata", picture),
    }
    if axes:
        loops = experiment(list(zip(axes, data.shape[:-3], strict=True)))
        chunks["ImageMetadataLV!"] = variant("SLxExperiment", loops)
    stamps = 1000.0 + 500.0 * np.arange(len(frames))
    chunks["CustomData|AcqTimesCache!"] = stamps.astype("<f8").tobytes()
    for n, frame in enumerate(frames):
        rows = frame.view(np.uint8).reshape(height, -1)
        content = np.pad(rows, [(0, 0), (0, padding)]).tobytes()
        if n not in left_out:
            chunks[f"ImageDataSeq|{n}!"] = bytes(8) + (
                zlib.compress(content) if packed else content
            )
    path.write_bytes(_file(chunks))
    return path


def _file(chunks: Mapping[str, bytes]) -> bytes:
    signature = b"ND2 FILE SIGNATURE CHUNK NAME01!"
    result = struct.pack("<IIQ32s64s", MAGIC, 32, 64, signature, b"Ver3.0")
    places = b""
    for name, data in chunks.items():
        result += bytes(-len(result) % ALIGNMENT)
        places += name.encode() + struct.pack("<QQ", len(result), len(data))
        result += _chunk(name.encode(), data, 4072)
    result += bytes(-len(result) % ALIGNMENT)
    end = b"ND2 CHUNK MAP SIGNATURE 0000001!" + struct.pack("<Q", len(result))
    return result + _chunk(b"ND2 FILEMAP SIGNATURE NAME 0001!", places + end, 32)


def _chunk(name: bytes, data: bytes, reserved: int) -> bytes:
    return struct.pack("<IIQ", MAGIC, reserved, len(data)) + name.ljust(reserved, b"\0") + data
