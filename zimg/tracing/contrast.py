"""Segments whose signal does not stand out from its surroundings are no neurite."""

import numpy as np

from zimg.tracing.scorer import TubeScorer
from zimg.tracing.segments import Rows

REFUSED = -1.0
"""Score of a segment without contrast: below every limit."""


class ContrastScorer(TubeScorer):
    """A scorer for which segments without contrast have no score: chains end there.

    Attributes
    ----------
    least_contrast
        Smallest difference of the mean signals inside and around a segment, in units of the signal.
    """

    least_contrast: float = 0.0

    def full(self, rows: Rows) -> Rows:
        """Objective, correlation and mean signal, ``(n, 3)``; correlation -1 without contrast."""
        scores = self.full_around(rows)
        if self.least_contrast > 0.0:
            scores[_difference(scores) < self.least_contrast, 1] = REFUSED
        return scores[:, :3]

    def contrast(self, rows: Rows) -> Rows:
        """Mean signal inside less that around each segment, ``(n,)``; 0 without a sample."""
        return _difference(self.full_around(rows))


def _difference(scores: Rows) -> Rows:
    return np.nan_to_num(scores[:, 2] - scores[:, 3], nan=0.0)
