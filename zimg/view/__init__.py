"""Pictures of volumes and trees."""

from zimg.view.overlay import overlay
from zimg.view.png import write_png
from zimg.view.projection import Projections, maximum_projections

__all__ = ["Projections", "maximum_projections", "overlay", "write_png"]
