"""The workers of neuTube by their names: settings, task files, and one call that does the work."""

from zimg.workers.autotrace import ZNeutubeAutoTrace
from zimg.workers.blocked import ZNeutubeBlockedAutoTrace
from zimg.workers.skeletonize import ZNeutubeSkeletonize
from zimg.workers.swcsubtract import ZSwcSubtract

__all__ = ["ZNeutubeAutoTrace", "ZNeutubeBlockedAutoTrace", "ZNeutubeSkeletonize", "ZSwcSubtract"]
