"""Tracing of volumes larger than memory, block by block, on any executor."""

from zimg.blocked.tracer import BlockedResult, BlockedTracer

__all__ = ["BlockedResult", "BlockedTracer"]
