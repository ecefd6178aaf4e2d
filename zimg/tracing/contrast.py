"""Segments whose signal does not stand out from its surroundings are no neurite."""

import numpy as np

from zimg.tracing.grow_levels import REFUSED
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.segments import Rows


class ContrastScorer(TubeScorer):
    """A scorer that refuses segments without contrast also as seeds, not only while they grow."""

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
