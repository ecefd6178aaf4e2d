"""From the signal of one channel to a neuron tree."""

from zimg.tracing.trace import trace

__all__ = ["trace"]
