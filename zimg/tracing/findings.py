"""Findings of a trace, and warnings with suggestions if the result is empty or small."""

from collections.abc import Mapping
from typing import Any

from zimg.tracing.noise import Noise
from zimg.tracing.screening import Screening

LITTLE = 0.1
"""Traced share of the brightest voxels below which a warning is issued."""

NOTHING_SEEN = (
    "nothing was traced: no voxel is brighter than the background; "
    "try invert=True for dark neurites on a bright background, or another channel"
)
NOTHING_KEPT = (
    "nothing was traced: no structure is longer than 11 voxels and stands out from the noise; "
    "try invert=True for dark neurites, downsample=(2, 2, 2) for thick ones, or clutter='keep'"
)
LITTLE_USED = (
    "the trace covers {share:.0%} of the brightest voxels; try downsample=(2, 2, 2) for thick "
    "neurites, trees='all' for several neurons, or clutter='keep' for dim ones"
)


def describe_screening(screening: Screening, *, unit: float) -> dict[str, Any]:
    """Result of the screening, with contrasts in units of the image."""
    return {
        "contrast_limit": screening.limit / unit,
        "clutter_split": screening.split,
        "clutter_threshold": screening.threshold / unit,
        "clutter_ratio": screening.ratio,
        "dim_chains": screening.dim_chains,
        "length_removed_as_clutter": screening.removed_by_split,
    }


def describe_noise(noise: Noise, *, unit: float) -> dict[str, Any]:
    """Noise in units of the image."""
    return {"noise": noise.sigma / unit, "masked": noise.masked}


def warnings_of(details: Mapping[str, Any], *, nodes: int) -> list[str]:
    """A warning with a suggestion if the result is empty or covers little of the image.

    Parameters
    ----------
    details
        What tracing found out; `share_traced` is the share of the brightest voxels that the kept
        chains cover, missing where there was nothing to trace.
    nodes
        Of the tree.
    """
    share = details.get("share_traced")
    if share is None:
        return [NOTHING_SEEN]
    if nodes == 0:
        return [NOTHING_KEPT]
    return [LITTLE_USED.format(share=share)] if share < LITTLE else []


def sentence(details: Mapping[str, Any]) -> str:
    """The findings in one line for people; empty without findings."""
    if "chains_grown" not in details:
        return ""
    levels = details["levels"]
    grown, kept = details["chains_grown"], details["chains_kept"]
    parts = [
        f"noise {details['noise']:.3g}{' in a masked image' if details['masked'] else ''}",
        f"{len(levels)} level(s) from {levels[0]:.3g} to {levels[-1]:.3g}",
        f"{kept} of {grown} chains stand out by {details['contrast_limit']:.3g}",
        _clutter(details),
    ]
    if "trees_found" in details:
        parts += [f"{details['somata']} soma node(s)"] if details.get("somata") else []
        parts += [f"{details['trees_kept']} of {details['trees_found']} trees kept"]
    return "; ".join(parts)


def _clutter(details: Mapping[str, Any]) -> str:
    if not details["clutter_split"]:
        return "no clutter split off"
    return (
        f"{details['dim_chains']} chains below contrast {details['clutter_threshold']:.3g} split "
        f"off as clutter ({details['clutter_ratio']:.1f} times dimmer, "
        f"{details['length_removed_as_clutter']:.0f} voxels)"
    )
