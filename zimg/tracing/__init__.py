"""From the signal of one channel to a neuron tree."""

from zimg.tracing.automatic import trace

__all__ = ["trace"]
