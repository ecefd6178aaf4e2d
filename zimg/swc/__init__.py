"""Neuron trees: columns and nodes, the SWC text format, edits, cleaning, resampling, comparison."""

from zimg.swc.node import SwcNode
from zimg.swc.tree import ZSwc

__all__ = ["SwcNode", "ZSwc"]
