"""An image whose planes are spread over several files, some of which may be missing."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.io.disk.joined_files import JoinedFiles
from zimg.io.scenes.missing import MissingPlane, report_missing
from zimg.io.scenes.scene import Job
from zimg.io.scenes.strided import StridedScene, Strides
from zimg.values import ZImgInfo, ZImgRegion


class FilesScene(StridedScene):
    """An image stored with constant strides in files that are read as one.

    Parameters
    ----------
    files
        Open while the scene is used.
    info, stored, strides
        As of a `StridedScene`.
    in_order
        Whether the files are compressed, so that ascending order is fast.
    """

    def __init__(
        self,
        files: JoinedFiles,
        info: ZImgInfo,
        stored: np.dtype[Any],
        strides: Strides,
        *,
        in_order: bool,
    ) -> None:
        super().__init__(files, info, stored, 0, strides)
        self._files, self._in_order = files, in_order

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """Plan jobs for existing files; missing ones raise an error or are left as zeros."""
        pieces = sorted(self._pieces(region), key=attrgetter("place"))
        absent = [self._files.missing(piece.place, piece.count) for piece in pieces]
        names = dict.fromkeys(path.name for paths in absent for path in paths)
        report_missing([MissingPlane(name, "data files do not exist") for name in names])
        present = [piece for piece, paths in zip(pieces, absent, strict=True) if not paths]
        if not self._in_order:
            return present

        def job(out: list[NDArray[Any]]) -> None:
            for piece in present:
                piece(out)

        return [job]
