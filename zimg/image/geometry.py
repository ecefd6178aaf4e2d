"""Images of another size: resampled, zoomed, or by blocks."""


class ImageGeometry:
    """What this module adds to `ZImg`."""
