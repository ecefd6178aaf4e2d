"""Scenes that are found and opened on demand, since plates may have thousands."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from threading import RLock
from typing import overload

from zimg._errors import ZException
from zimg.io.scenes.scene import Scene

Make = Callable[[], Scene]
MOST = 2**20


class LazyScenes(Sequence[Scene]):
    """Scenes by number; access finds those before it, but opens only the requested one.

    Parameters
    ----------
    makers
        Yields one function per scene, which opens it.
    """

    def __init__(self, makers: Iterator[Make]) -> None:
        self._source, self._makers = makers, list[Make]()
        self._turn = RLock()

    def _find(self, count: int) -> None:
        """Find up to `count` scenes."""
        with self._turn:
            while len(self._makers) < count:
                make = next(self._source, None)
                if make is None:
                    return
                self._makers.append(cache(make))

    def __len__(self) -> int:
        self._find(MOST + 1)
        if len(self._makers) > MOST:
            raise ZException(f"the store has more than {MOST} scenes")
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
