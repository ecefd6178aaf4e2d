"""Files and their scenes, open while they are used."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from zimg._errors import ZException
from zimg.io.disk.errors import read_errors
from zimg.io.registry import open_file
from zimg.io.scenes.scene import Reader, Scene
from zimg.values import FileFormat


@contextmanager
def opened(
    path: str | os.PathLike[str], format: FileFormat = FileFormat.Unknown
) -> Iterator[Reader]:
    """The reader of a file; errors inside the block name the file."""
    reader = open_file(path, format)
    try:
        with read_errors(path, reader.name):
            yield reader
    finally:
        reader.close()


def scene_of(reader: Reader, scene: int, path: str | os.PathLike[str]) -> Scene:
    """One scene of an open file; a `ZException` when there is no such scene."""
    return numbered_scene(reader.scenes, scene, path)


def numbered_scene(scenes: Sequence[Scene], number: int, path: str | os.PathLike[str]) -> Scene:
    """One of some scenes, without opening the others; a `ZException` when there is none such."""
    if number >= 0:
        with suppress(IndexError):
            return scenes[number]
    raise ZException(f"{os.fspath(path)} has no scene {number}: it has {len(scenes)}, from 0")
