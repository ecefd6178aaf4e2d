"""Scenes of files, open for the time they are used."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zimg._errors import ZException
from zimg.image import Dimension, FileFormat, ZImgSource
from zimg.io.errors import told_of
from zimg.io.reader import Reader, Scene
from zimg.io.registry import open_file


@contextmanager
def opened(
    path: str | os.PathLike[str], format: FileFormat = FileFormat.Unknown
) -> Iterator[Reader]:
    """The reader of a file; what goes wrong inside is told with the name of the file."""
    reader = open_file(path, format)
    try:
        with told_of(path, reader.name):
            yield reader
    finally:
        reader.close()


@contextmanager
def opened_source(source: ZImgSource) -> Iterator[Scene]:
    """The scene that a source names, its region not applied yet."""
    if not source.filenames:
        raise ZException("invalid image source: it names no file")
    if len(source.filenames) > 1 or source.catScenes:
        raise ZException(
            f"cannot join {len(source.filenames)} files along {Dimension(source.catDim).name}: "
            "file lists are not supported yet, read the files one by one"
        )
    with opened(source.filenames[0], source.format) as reader:
        yield scene_of(reader, source.scene, source.filenames[0])


def scene_of(reader: Reader, scene: int, path: str | os.PathLike[str]) -> Scene:
    """One scene of an open file; a `ZException` when there is no such scene."""
    if not 0 <= scene < len(reader.scenes):
        raise ZException(
            f"{os.fspath(path)} has no scene {scene}: it has {len(reader.scenes)}, from 0"
        )
    return reader.scenes[scene]


def stored_bytes(source: ZImgSource) -> int:
    """Bytes of the files of a source; of all their files for folders."""
    return sum(_bytes_of(Path(name)) for name in source.filenames)


def _bytes_of(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size
