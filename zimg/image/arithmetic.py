"""Arithmetic of images: saturating, rounding, of the type of the left operand."""


class ImageArithmetic:
    """What this module adds to `ZImg`."""
