"""From the signal of one channel to a neuron tree."""

from zimg.tracing.automatic import TraceWarning, trace
from zimg.tracing.many import trace_many
from zimg.tracing.point_to_point import trace_path
from zimg.tracing.seeded import trace_from

__all__ = ["TraceWarning", "trace", "trace_from", "trace_many", "trace_path"]
