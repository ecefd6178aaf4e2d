"""Open the scenes of a `ZImgSource`: of one file, or joined from several."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy

from zimg._errors import ZException
from zimg.io.opening import opened, scene_of
from zimg.io.scenes.joined import joined_scene
from zimg.io.scenes.scene import Scene
from zimg.io.source import ZImgSource


@contextmanager
def opened_source(source: ZImgSource) -> Iterator[Scene]:
    """Open the scene of a source, without its region; the file is open inside the block."""
    if not source.filenames:
        raise ZException("invalid image source: it names no file")
    if len(source.filenames) > 1 or source.catScenes:
        yield joined_scene(source)
        return
    with opened(source.filenames[0], source.format) as reader:
        yield scene_of(reader, source.scene, source.filenames[0])


@contextmanager
def opened_scenes(source: ZImgSource) -> Iterator[Sequence[Scene]]:
    """Open all scenes of the file or files of a source, whatever scene it names.

    Lists give one scene when the scenes of files are joined too, else one for each of the first
    file.
    """
    if not source.filenames:
        raise ZException("invalid image source: it names no file")
    with opened(source.filenames[0], source.format) as reader:
        if len(source.filenames) == 1 and not source.catScenes:
            yield reader.scenes
            return
        count = 1 if source.catScenes else len(reader.scenes)
    yield [joined_scene(_with_scene(source, scene)) for scene in range(count)]


def _with_scene(source: ZImgSource, scene: int) -> ZImgSource:
    changed = copy(source)
    changed.scene = scene
    return changed
