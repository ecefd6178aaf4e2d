"""Open files and their scenes for the duration of a block."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from zimg._errors import ZException
from zimg.io.disk.errors import read_errors
from zimg.io.registry import open_file
from zimg.io.scenes.scene import Reader, Scene
from zimg.values import FileFormat


@contextmanager
def opened(
    path: str | os.PathLike[str], format: FileFormat = FileFormat.Unknown
) -> Iterator[Reader]:
    """Open a file; errors inside the block name the file."""
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
    """One scene of several, without opening the others; a `ZException` when it does not exist."""
    if number >= 0:
        with suppress(IndexError):
            return scenes[number]
    raise ZException(f"{os.fspath(path)} has no scene {number}: it has {len(scenes)}, from 0")


def companions_of(path: str | os.PathLike[str]) -> list[Path]:
    """Files that belong to the same image as `path`; none if it cannot be read as an image."""
    try:
        with opened(path) as reader:
            return list(getattr(reader, "companions", ()))
    except ZException:
        return []
