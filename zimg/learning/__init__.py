"""Patches of images for training networks: drawn by seed, read in the worker, with targets."""

from zimg.learning.patches import Patch, Patches, patches

__all__ = ["Patch", "Patches", "patches"]
