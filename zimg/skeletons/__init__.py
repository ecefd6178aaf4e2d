"""Skeletons of binary volumes, as neuTube makes them."""

from zimg.skeletons.automatic import skeletonize
from zimg.skeletons.options import SkeletonizeConfig

__all__ = ["SkeletonizeConfig", "skeletonize"]
