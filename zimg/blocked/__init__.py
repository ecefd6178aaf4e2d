"""Tracing of volumes larger than memory, block by block, on any executor."""

from zimg.blocked.pipeline import BlockedResult
from zimg.blocked.tracer import BlockedTracer

__all__ = ["BlockedResult", "BlockedTracer"]
