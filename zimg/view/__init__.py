"""Pictures of volumes and trees, and their cards in notebooks."""

from zimg.view.comparison_picture import Marked, differences
from zimg.view.image_card import image_card
from zimg.view.overlay import overlay
from zimg.view.png import write_png
from zimg.view.projection import Projections, maximum_projections
from zimg.view.trace_picture import preview
from zimg.view.tree_card import tree_card

__all__ = [
    "Marked",
    "Projections",
    "differences",
    "image_card",
    "maximum_projections",
    "overlay",
    "preview",
    "tree_card",
    "write_png",
]
