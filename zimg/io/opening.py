"""Files and their scenes, open for the time they are used."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from zimg._errors import ZException
from zimg.io.disk.errors import read_errors
from zimg.io.registry import open_file
from zimg.io.scenes.scene import Reader, Scene
from zimg.values import FileFormat


@contextmanager
def opened(
    path: str | os.PathLike[str], format: FileFormat = FileFormat.Unknown
) -> Iterator[Reader]:
    """The reader of a file; what goes wrong inside is told with the name of the file."""
    reader = open_file(path, format)
    try:
        with read_errors(path, reader.name):
            yield reader
    finally:
        reader.close()


def scene_of(reader: Reader, scene: int, path: str | os.PathLike[str]) -> Scene:
    """One scene of an open file; a `ZException` when there is no such scene."""
    if not 0 <= scene < len(reader.scenes):
        raise ZException(
            f"{os.fspath(path)} has no scene {scene}: it has {len(reader.scenes)}, from 0"
        )
    return reader.scenes[scene]
