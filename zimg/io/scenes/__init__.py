"""Scenes of files: regions and levels of one image, planned, decoded and joined."""
