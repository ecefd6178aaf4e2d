"""Images and their metadata out of files."""

import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg._typing import Device
from zimg.image import Dimension, FileFormat, ZImg, ZImgInfo, ZImgRegion, ZImgSource
from zimg.image.export import exported
from zimg.image.host import aligned_zeros
from zimg.image.info import cut
from zimg.io.errors import told_of
from zimg.io.reader import Job, Reader, Scene
from zimg.io.registry import open_file

# Most bytes of pixels that a file may claim: 1 GiB, or more per byte of file than any codec packs
# that stores pixels one by one (a zstd block of one value holds 128 KiB in 4 bytes).
SMALL = 2**30
HIGHEST_PACKING = 40_000


def read(
    path: str | os.PathLike[str],
    *,
    region: ZImgRegion | None = None,
    scene: int = 0,
    framework: str = "numpy",
    device: Device = None,
    format: FileFormat = FileFormat.Unknown,
) -> ZImg:
    """Read an image, or a region of it, into the arrays of a framework.

    Parameters
    ----------
    path
        A TIFF, OME-TIFF or ImageJ TIFF file; recognised by its content.
    region
        Half-open box in x, y, z, channel, time; only blocks that meet it are decoded. None for all.
    scene
        Which image of the file, from 0.
    framework
        ``numpy``, ``torch``, ``jax``, ``cupy``, ``array_api_strict``.
    device
        Where the arrays shall be, such as ``cuda:0``; None for the framework's default.
    format
        `FileFormat.Tiff` reads pages as z planes and ignores descriptions; None needed otherwise.

    Returns
    -------
    ZImg
        Dtype as in the file, in native byte order; one aligned host buffer per time, uploaded once.

    Raises
    ------
    ZException
        In one line naming the file: missing, of no known format, damaged, truncated, without such a
        scene, or smaller than the region. Pixels that cannot be read are never made up.
    """
    with _scene(path, scene, format) as (chosen, name), told_of(path, name):
        box = (region or ZImgRegion()).resolve(chosen.info.size)
        arrays = _pixels(chosen, box, Path(path).stat().st_size)
        info = cut(chosen.info, box)
    return ZImg([exported(x, framework, device=device) for x in arrays], info)


def read_info(
    path: str | os.PathLike[str], scene: int = 0, *, format: FileFormat = FileFormat.Unknown
) -> ZImgInfo:
    """What a file says about one of its scenes, without reading pixels; errors as in `read`."""
    with _scene(path, scene, format) as (chosen, _):
        return chosen.info


def read_infos(
    path: str | os.PathLike[str], *, format: FileFormat = FileFormat.Unknown
) -> list[ZImgInfo]:
    """What a file says about each of its scenes, without reading pixels; errors as in `read`."""
    with _opened(path, format) as reader:
        return [scene.info for scene in reader.scenes]


def read_source(source: ZImgSource) -> ZImg:
    """Read what a `ZImgSource` names, into NumPy arrays; errors as in `read`."""
    _check_single(source)
    return read(source.filenames[0], region=source.region, scene=source.scene, format=source.format)


def read_source_info(source: ZImgSource) -> ZImgInfo:
    """What is known about the image of a `ZImgSource`, its region applied; errors as in `read`."""
    _check_single(source)
    path = source.filenames[0]
    info = read_info(path, source.scene, format=source.format)
    with told_of(path, "an image"):
        return cut(info, source.region.resolve(info.size))


def _check_single(source: ZImgSource) -> None:
    if not source.filenames:
        raise ZException("invalid image source: it names no file")
    if len(source.filenames) > 1 or source.catScenes:
        raise ZException(
            f"cannot join {len(source.filenames)} files along {Dimension(source.catDim).name}: "
            "file lists are not supported yet, read the files one by one"
        )


@contextmanager
def _opened(path: str | os.PathLike[str], format: FileFormat) -> Iterator[Reader]:
    reader = open_file(path, format)
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def _scene(
    path: str | os.PathLike[str], scene: int, format: FileFormat
) -> Iterator[tuple[Scene, str]]:
    """A scene of a file, and the name of its format."""
    with _opened(path, format) as reader:
        if not 0 <= scene < len(reader.scenes):
            raise ZException(
                f"{os.fspath(path)} has no scene {scene}: it has {len(reader.scenes)}, from 0"
            )
        yield reader.scenes[scene], reader.name


def _pixels(scene: Scene, box: ZImgRegion, file_size: int) -> list[NDArray[Any]]:
    """One buffer per time, filled by all the jobs of a region."""
    x, y, z, c, times = box.size
    claimed = math.prod(box.size) * scene.dtype.itemsize
    if claimed > max(SMALL, HIGHEST_PACKING * file_size):
        raise ZException(f"it claims {claimed} bytes of pixels, a file of {file_size} cannot hold")
    jobs = scene.plan(box)
    buffers = [aligned_zeros((c, z, y, x), scene.dtype) for _ in range(times)]
    _run(jobs, buffers)
    return buffers


def _run(jobs: Sequence[Job], buffers: list[NDArray[np.generic]]) -> None:
    """Run all jobs, several at a time; the first error ends the rest."""
    workers = min(
        len(jobs), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    )
    if workers < 2:
        for job in jobs:
            job(buffers)
        return
    with ThreadPoolExecutor(workers) as pool:
        try:
            for _ in pool.map(lambda job: job(buffers), jobs):
                pass
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
