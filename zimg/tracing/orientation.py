"""Search for the orientation of a segment about its centre: rank all, compare the best exactly."""

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.pack import Layout
from zimg.kernels.template import Template
from zimg.tracing.comparison import Comparison
from zimg.tracing.ranking_matrices import RADIUS_STEP, ranking_matrices, reach_of
from zimg.tracing.scorer import TubeScorer
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
    xp = xp or array_namespace(words)
    volume = Comparison.of(words, layout, templates, orientations, xp)
    out, score = rows.copy(), np.zeros(len(rows))
    if not len(rows):
        return out, score
    groups = max(1, -(-len(rows) // BATCH))
    for part in np.array_split(np.argsort(rows[:, RADIUS], kind="stable"), groups):
        shortlist = _shortlist(volume, rows[part], kept)
        out[part], score[part] = _best(volume, rows[part], shortlist)
    return out, score


BATCH = 1024
"""Segments whose orientations are compared together; bounds the memory of the host."""


def _rankable(volume: Comparison, rows: Rows) -> NDArray[np.bool_]:
    """Whether a segment's crop lies inside the volume and its matrices are small enough."""
    radius = geometric_radius(rows)
    reach = reach_of(radius)[:, None] + 1.0
    middle, upper = _in_image(volume, point_at(rows, 0.5)), np.array(volume.layout.shape[::-1])
    inside = np.all((middle > reach) & (middle < upper - 1.0 - reach), axis=1)
    return inside & (radius <= LARGEST_RANKED) & (rows[:, SCALE] == 1.0)


def _shortlist(volume: Comparison, rows: Rows, kept: int) -> NDArray[np.int64]:
    """Candidates to be compared in full, ``(n, k)``, in order of evaluation."""
    if kept >= (every := len(volume.orientations)):
        return np.broadcast_to(np.arange(every), (len(rows), every))
    shortlist = np.empty((len(rows), kept), np.int64)
    level = _level(rows)
    matrix = _rankable(volume, rows)
    for group in np.unique(level[matrix]):
        chosen = np.flatnonzero(matrix & (level == group))
        if len(chosen) < SMALLEST_GROUP:
            matrix[chosen] = False
        else:
            shortlist[chosen] = _ranked(volume, rows[chosen], kept)
    if not matrix.all():
        shortlist[~matrix] = volume.sampled(rows[~matrix], kept)
    return shortlist


def _best(volume: Comparison, rows: Rows, shortlist: NDArray[np.int64]) -> tuple[Rows, Rows]:
    """The first best of each row's shortlist."""
    place, score = volume.best(rows, shortlist)
    winner = volume.orientations[shortlist[np.arange(len(rows)), place]]
    turned = rows.copy()
    turned[:, THETA : PSI + 1] = winner
    return centred(turned, point_at(rows, 0.5)), score


def _ranked(volume: Comparison, rows: Rows, kept: int) -> NDArray[np.int64]:
    """Shortlists, ``(n, k)``, of segments of one rounded radius, by products of matrices."""
    key = tuple(map(tuple, volume.orientations))
    matrices = ranking_matrices(int(_level(rows)[0]), volume.layout.z_to_xy, key)
    return volume.ranked(_in_image(volume, point_at(rows, 0.5)), matrices, kept)


def _level(rows: Rows) -> NDArray[np.int64]:
    """Rounded logarithm of the radii; equal levels share their ranking matrices."""
    return np.rint(np.log(rows[:, RADIUS]) / RADIUS_STEP).astype(np.int64)


def _in_image(volume: Comparison, points: Rows) -> Rows:
    return points / np.array([1.0, 1.0, volume.layout.z_to_xy])
