"""Skeletons of binary volumes and of labels, as neuTube makes them."""

from zimg.skeletons.automatic import skeletonize
from zimg.skeletons.labels import skeletonize_labels
from zimg.skeletons.options import SkeletonizeConfig

__all__ = ["SkeletonizeConfig", "skeletonize", "skeletonize_labels"]
