"""The scene that a `ZImgSource` stands for: of one file, or joined from several."""

from collections.abc import Iterator
from contextlib import contextmanager

from zimg._errors import ZException
from zimg.image import ZImgSource
from zimg.io.joined import joined_scene
from zimg.io.opening import opened, scene_of
from zimg.io.reader import Scene


@contextmanager
def opened_source(source: ZImgSource) -> Iterator[Scene]:
    """The scene that a source names, its region not applied; its file is open inside the block."""
    if not source.filenames:
        raise ZException("invalid image source: it names no file")
    if len(source.filenames) > 1 or source.catScenes:
        yield joined_scene(source)
        return
    with opened(source.filenames[0], source.format) as reader:
        yield scene_of(reader, source.scene, source.filenames[0])
