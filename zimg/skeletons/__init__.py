"""Skeletons of binary volumes, as neuTube makes them."""
