"""TIFF, OME-TIFF, ImageJ stacks and LSM."""
