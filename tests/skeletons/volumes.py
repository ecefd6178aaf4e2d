"""Small volumes for tests of skeletons, drawn by Hypothesis."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
SHAPE = (9, 28, 36)
MARGIN, LEAST_LENGTH = 3, 16.0
AROUND = [np.array(step) - 1 for step in np.ndindex(3, 3, 3) if step != (1, 1, 1)]


def tube(volume: Mask, start: tuple[int, ...], end: tuple[int, ...], radius: float) -> None:
    """Fill a straight tube with round ends, in place."""
    grid = np.moveaxis(np.indices(volume.shape), 0, -1).astype(np.float64)
    axis = np.subtract(end, start).astype(np.float64)
    along = np.clip(((grid - start) @ axis) / max(axis @ axis, 1.0), 0.0, 1.0)
    away = grid - (start + along[..., None] * axis)
    volume[(away * away).sum(axis=-1) <= radius * radius] = 1


POINTS = st.tuples(*(st.integers(MARGIN, size - 1 - MARGIN) for size in SHAPE))
RADII = st.sampled_from([0.8, 1.5, 2.2, 3.0])
TUBES = st.tuples(POINTS, POINTS, RADII)
LONG_TUBES = TUBES.filter(
    lambda it: float(np.linalg.norm(np.subtract(it[0], it[1]))) > LEAST_LENGTH
)


def _filled(tubes: list[tuple[tuple[int, ...], tuple[int, ...], float]]) -> Mask:
    volume = np.zeros(SHAPE, np.uint8)
    for start, end, radius in tubes:
        tube(volume, start, end, radius)
    return volume


def volumes(*, long: bool = False) -> st.SearchStrategy[Mask]:
    """One to three tubes, that may touch; `long` ones only."""
    return st.lists(LONG_TUBES if long else TUBES, min_size=1, max_size=3).map(_filled)


def labels() -> st.SearchStrategy[Mask]:
    """One to four tubes with numbers of their own, later ones over earlier ones."""
    return st.lists(TUBES, min_size=1, max_size=4).map(_numbered)


def _numbered(tubes: list[tuple[tuple[int, ...], tuple[int, ...], float]]) -> Mask:
    volume = np.zeros(SHAPE, np.uint8)
    for number, one in enumerate(tubes, 1):
        volume[_filled([one]) > 0] = 20 * number
    return volume


@st.composite
def stars(draw: st.DrawFn) -> Mask:
    """Arms one voxel thick from a thicker middle, of different lengths: nothing is a tie."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    star = np.zeros(SHAPE, np.uint8)
    z, y, x = np.array(SHAPE) // 2
    star[z, y - 1 : y + 2, x - 1 : x + 2] = 1
    starts = [(z, y, x + 2), (z, y, x - 2), (z, y + 2, x), (z, y - 2, x)]
    lengths = random.choice(np.arange(3, 14), size=draw(st.integers(1, 4)), replace=False)
    for start, length in zip(starts, lengths.tolist(), strict=False):
        assume(_arm(star, np.array(start), length, random))
    return star


def _arm(star: Mask, place: NDArray[np.int64], length: int, random: np.random.Generator) -> bool:
    """Walk in place, beside none of the star but the voxel before; whether there was room."""
    for _ in range(length):
        star[tuple(place)] = 1
        open_ = [place + step for step in AROUND if _is_free(star, place + step)]
        if not open_:
            return False
        place = open_[random.integers(len(open_))]
    return True


def _is_free(star: Mask, place: NDArray[np.int64]) -> bool:
    """Whether a voxel has one neighbour in the star; one at the border is not free."""
    if (place < 1).any() or (place >= np.array(SHAPE) - 1).any():
        return False
    around = star[tuple(slice(p - 1, p + 2) for p in place)]
    return bool(star[tuple(place)] == 0 and around.sum() == 1)
