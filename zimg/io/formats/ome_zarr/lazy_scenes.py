"""Scenes that are looked for and opened when they are asked for: a plate may have thousands."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from threading import RLock
from typing import overload

from zimg._errors import ZException
from zimg.io.scenes.scene import Scene

Make = Callable[[], Scene]
MOST = 2**20


class LazyScenes(Sequence[Scene]):
    """Scenes by number; asking for one looks for those before it, and opens it alone.

    Parameters
    ----------
    makers
        Gives one function per scene, which opens it.
    """

    def __init__(self, makers: Iterator[Make]) -> None:
        self._source, self._makers = makers, list[Make]()
        self._turn = RLock()

    def _find(self, count: int) -> None:
        """Look for `count` scenes, or as many as there are."""
        with self._turn:
            while len(self._makers) < count:
                make = next(self._source, None)
                if make is None:
                    return
                self._makers.append(cache(make))

    def __len__(self) -> int:
        self._find(MOST + 1)
        if len(self._makers) > MOST:
            raise ZException(f"it has more than {MOST} scenes")
        return len(self._makers)

    @overload
    def __getitem__(self, index: int) -> Scene: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Scene]: ...
    def __getitem__(self, index: int | slice) -> Scene | Sequence[Scene]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        self._find(len(self) if index < 0 else index + 1)
        with self._turn:
            return self._makers[index]()
