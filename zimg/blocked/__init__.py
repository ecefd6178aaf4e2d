"""Tracing and skeletons of volumes larger than memory, block by block, on any executor."""

from zimg.blocked.pipeline import BlockedResult
from zimg.blocked.skeletonizer import BlockedSkeletonizer
from zimg.blocked.tracer import BlockedTracer

__all__ = ["BlockedResult", "BlockedSkeletonizer", "BlockedTracer"]
