"""The workers of neuTube: settings, task files, and a method `run`."""

from zimg.workers.autotrace import ZNeutubeAutoTrace
from zimg.workers.blocked import ZNeutubeBlockedAutoTrace
from zimg.workers.skeletonize import ZNeutubeSkeletonize
from zimg.workers.swcsubtract import ZSwcSubtract

__all__ = ["ZNeutubeAutoTrace", "ZNeutubeBlockedAutoTrace", "ZNeutubeSkeletonize", "ZSwcSubtract"]
