"""Search for the orientation of a segment about its centre: rank all, compare the best exactly."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.pack import Layout
from zimg.kernels.ranking import orientation_ranks
from zimg.kernels.template import Template
from zimg.ops import jit, like, to_host
from zimg.tracing.ranking_matrices import RADIUS_STEP, RankingMatrices, ranking_matrices, reach_of
from zimg.tracing.scorer import TubeScorer, score_segments
from zimg.tracing.segments import (
    COLUMNS,
    DEFAULT_LENGTH,
    LENGTH,
    POSITION,
    PSI,
    RADIUS,
    SCALE,
    THETA,
    Rows,
    axis_direction,
    frame,
    geometric_radius,
    point_at,
    upper_direction,
)

SHORTLIST = 24
"""Orientations compared exactly; the best is among them for 99.8 % of a phantom's seeds."""

LARGEST_RANKED = 8.0
"""Radii above this are searched without ranking, whose matrices would be large."""

SMALLEST_GROUP = 40
"""Fewer segments of one rounded radius are ranked by sampling, which costs less than matrices."""


def centred(rows: Rows, centres: Rows) -> Rows:
    """`rows` moved so that the middles of their axes lie at `centres`."""
    out = rows.copy()
    out[..., POSITION] = centres - ((rows[..., LENGTH] - 1.0) / 2.0)[..., None] * axis_direction(
        rows
    )
    return out


def angles_of(direction: Rows) -> tuple[Rows, Rows]:
    """Angles whose axis is `direction`, ``(..., 3)`` unit vectors (behaviour of the reference)."""
    theta = np.arccos(np.clip(direction[..., 2], -1.0, 1.0))
    polar = np.arctan2(direction[..., 1], direction[..., 0]) % (2.0 * np.pi)
    upper = direction[..., 1] >= 0
    psi = polar - np.where(upper, 0.5 * np.pi, 1.5 * np.pi)
    along_z = theta < 1e-5
    return np.where(upper & ~along_z, -theta, theta), np.where(along_z, 0.0, psi)


def grid() -> Rows:
    """Orientations theta, psi that the search visits, ``(307, 2)`` (behaviour of the reference)."""
    rows = []
    for step in range(12):
        theta = 0.1 + 0.2 * step
        spacing = 2.0 / (DEFAULT_LENGTH * np.sin(theta))
        psi = spacing * np.arange(int(np.ceil(2.0 * np.pi / spacing)))
        rows.append(np.column_stack([np.full(len(psi), theta), psi]))
    return np.concatenate(rows)


def candidates(theta: float, psi: float) -> Rows:
    """The current orientation and the grid in its frame, ``(308, 2)``, in order of evaluation."""
    angles = grid()
    start = np.zeros((len(angles), COLUMNS))
    start[:, THETA : PSI + 1] = angles
    current = np.zeros(COLUMNS)
    current[THETA], current[PSI] = theta, psi
    turned = upper_direction(start) @ np.stack(frame(current))
    return np.concatenate([[[theta, psi]], np.column_stack(angles_of(turned))])


def search_orientation(scorer: TubeScorer, rows: Rows, *, exact: bool) -> tuple[Rows, Rows]:
    """Turn segments about their centres to where their inside fits the signal best.

    Parameters
    ----------
    scorer
        The volume.
    rows
        ``(n, 8)`` segments of one common orientation.
    exact
        Compare all orientations in full instead of a shortlist.

    Returns
    -------
    rows, correlation
        The first best orientation of each segment, about the same centre, and its score ``(n,)``.
    """
    if not len(rows):
        return rows, np.zeros(0)
    orientations = candidates(rows[0, THETA], rows[0, PSI])
    return orient_segments(
        scorer.words,
        rows,
        (scorer.templates.core, scorer.templates.thin),
        orientations,
        layout=scorer.layout,
        kept=len(orientations) if exact else SHORTLIST,
    )


@hookable
def orient_segments(
    words: Array,
    rows: Rows,
    templates: tuple[Template, Template],
    orientations: Rows,
    /,
    *,
    layout: Layout,
    kept: int,
    xp: Namespace | None = None,
) -> tuple[Rows, Rows]:
    """Turn segments about their centres to the best of some orientations.

    Parameters
    ----------
    words
        Packed volume, of `zimg.kernels.pack`.
    rows
        ``(n, 8)`` segments, float64 on the host.
    templates
        Core and thin core template, beside `words`.
    orientations
        ``(m, 2)`` angles theta and psi, float64 on the host.
    layout
        How to read `words`.
    kept
        Orientations compared in full, which an approximate ranking of all of them chooses; all
        where it is not less than their number.
    xp
        Namespace of `words`.

    Returns
    -------
    rows, correlation
        The first best orientation of each segment, about the same centre, and its score ``(n,)``;
        float64 on the host. The ranking may differ between implementations.
    """
    volume = _Volume(words, layout, *templates, xp or array_namespace(words))
    out, score = rows.copy(), np.zeros(len(rows))
    groups = max(1, -(-len(rows) // BATCH))
    for part in np.array_split(np.argsort(rows[:, RADIUS], kind="stable"), groups):
        shortlist = _shortlist(volume, rows[part], orientations, kept)
        out[part], score[part] = _best(volume, rows[part], orientations, shortlist)
    return out, score


class _Volume(NamedTuple):
    """A packed volume, and the templates of the search."""

    words: Array
    layout: Layout
    core_template: Template
    thin_template: Template
    xp: Namespace

    def core(self, rows: Rows) -> Rows:
        return score_segments(
            self.words, rows, self.core_template, layout=self.layout, what="core"
        )[:, 0]

    def thin(self, rows: Rows) -> Rows:
        return score_segments(
            self.words, rows, self.thin_template, layout=self.layout, what="thin"
        )[:, 0]

    def ranks(self, centres: Rows, matrices: "RankingMatrices") -> Rows:
        """Approximate correlation with all orientations around `centres` (image voxels)."""
        compiled = jit(orientation_ranks, xp=self.xp)
        arrays = [like(np.asarray(a), self.words) for a in matrices[1:]]
        out = np.empty((len(centres), matrices.counted.shape[1]))
        for start in range(0, len(centres), CROPS):
            part = centres[start : start + CROPS]
            padded = np.concatenate([part, np.repeat(part[-1:], CROPS - len(part), axis=0)])
            moved = like(padded.astype(np.float32), self.words)
            result = compiled(self.words, moved, *arrays, layout=self.layout, reach=matrices.reach)
            out[start : start + CROPS] = to_host(result)[: len(part)]
        return out


CROPS = 64
"""Centres that are ranked together; one fixed shape, because a matrix product may depend on it."""

BATCH = 1024
"""Segments whose orientations are compared together; bounds the memory of the host."""


def _rankable(volume: _Volume, rows: Rows) -> NDArray[np.bool_]:
    """Whether a segment's crop lies inside the volume and its matrices are small enough."""
    radius = geometric_radius(rows)
    reach = reach_of(radius)[:, None] + 1.0
    middle, upper = _in_image(volume, point_at(rows, 0.5)), np.array(volume.layout.shape[::-1])
    inside = np.all((middle > reach) & (middle < upper - 1.0 - reach), axis=1)
    return inside & (radius <= LARGEST_RANKED) & (rows[:, SCALE] == 1.0)


def _shortlist(volume: _Volume, rows: Rows, orientations: Rows, kept: int) -> NDArray[np.int64]:
    """Candidates to be compared in full, ``(n, k)``, in order of evaluation."""
    everything = np.broadcast_to(np.arange(len(orientations)), (len(rows), len(orientations)))
    if kept >= len(orientations):
        return everything
    ranks = np.empty(everything.shape)
    level = _level(rows)
    matrix = _rankable(volume, rows)
    for group in np.unique(level[matrix]):
        chosen = np.flatnonzero(matrix & (level == group))
        if len(chosen) < SMALLEST_GROUP:
            matrix[chosen] = False
        else:
            ranks[chosen] = _ranks_by_product(volume, rows[chosen], orientations)
    turned = _turned(rows[~matrix], orientations, everything[~matrix])
    ranks[~matrix] = volume.thin(turned.reshape(-1, COLUMNS)).reshape(turned.shape[:2])
    best = np.argpartition(-ranks, kept, axis=1)[:, :kept]
    return np.sort(best, axis=1)


def _best(
    volume: _Volume, rows: Rows, orientations: Rows, shortlist: NDArray[np.int64]
) -> tuple[Rows, Rows]:
    """The first best of each row's shortlist."""
    turned = _turned(rows, orientations, shortlist)
    score = volume.core(turned.reshape(-1, COLUMNS)).reshape(shortlist.shape)
    winner = np.argmax(score, axis=1)
    every = np.arange(len(rows))
    return turned[every, winner], score[every, winner]


def _turned(rows: Rows, orientations: Rows, chosen: NDArray[np.int64]) -> Rows:
    """Every row in each of its chosen orientations, ``(n, k, 8)``."""
    turned = np.repeat(rows[:, None, :], chosen.shape[1], axis=1)
    turned[..., THETA : PSI + 1] = orientations[chosen]
    return centred(turned, point_at(rows, 0.5)[:, None, :])


def _ranks_by_product(volume: _Volume, rows: Rows, orientations: Rows) -> Rows:
    """Approximate scores of all orientations, ``(n, 308)``, for segments of one rounded radius."""
    key = tuple(map(tuple, orientations))
    matrices = ranking_matrices(int(_level(rows)[0]), volume.layout.z_to_xy, key)
    return volume.ranks(_in_image(volume, point_at(rows, 0.5)), matrices)


def _level(rows: Rows) -> NDArray[np.int64]:
    """Rounded logarithm of the radii; equal levels share their ranking matrices."""
    return np.rint(np.log(rows[:, RADIUS]) / RADIUS_STEP).astype(np.int64)


def _in_image(volume: _Volume, points: Rows) -> Rows:
    return points / np.array([1.0, 1.0, volume.layout.z_to_xy])
