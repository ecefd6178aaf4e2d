"""ND2 files of Nikon."""
