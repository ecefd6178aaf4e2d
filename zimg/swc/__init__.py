"""Neuron trees: columns, nodes, SWC files, edits, cleaning, comparison, pictures and measures."""

from zimg.swc.node import SwcNode
from zimg.swc.tree import ZSwc

__all__ = ["SwcNode", "ZSwc"]
