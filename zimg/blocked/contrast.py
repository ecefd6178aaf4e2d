"""Chains that know the contrast of their segments, which screening needs after stitching."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from zimg.tracing.chains import Chain, length
from zimg.tracing.contrast import ContrastScorer
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.screening import Screening, screen_by_contrast
from zimg.tracing.segments import Rows


@dataclass
class ContrastChain(Chain):
    """A chain with the contrast of every segment.

    Attributes
    ----------
    contrast
        ``(n,)`` mean signal inside less that around.
    """

    contrast: Rows = field(default_factory=lambda: np.zeros(0))


def with_contrast(chains: Sequence[Chain], scorer: TubeScorer) -> list[Chain]:
    """Chains of accurate tracing with their contrast; others as they are."""
    if not isinstance(scorer, ContrastScorer) or not chains:
        return list(chains)
    found = scorer.contrast(np.concatenate([chain.segments for chain in chains]))
    parts = np.split(found, np.cumsum([len(chain) for chain in chains])[:-1])
    return [
        ContrastChain(**{f.name: getattr(chain, f.name) for f in fields(Chain)}, contrast=part)
        for chain, part in zip(chains, parts, strict=True)
    ]


def screened(
    chains: Sequence[Chain], *, noise: float, longest_side: float, clutter: str
) -> Screening:
    """Which chains of a stitched volume stand out; see `screen_by_contrast`."""
    if not chains:
        return Screening()
    counts = np.array([len(chain) for chain in chains])
    contrast = np.concatenate([_contrast(chain) for chain in chains])
    means = np.add.reduceat(contrast, np.cumsum([0, *counts[:-1]])) / counts
    lengths = np.array([length(chain) for chain in chains])
    return screen_by_contrast(
        means, lengths, noise=noise, longest_side=longest_side, clutter=clutter
    )


def _contrast(chain: Chain) -> NDArray[np.float64]:
    assert isinstance(chain, ContrastChain)
    return chain.contrast
