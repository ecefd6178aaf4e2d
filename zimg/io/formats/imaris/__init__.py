"""Imaris files (.ims), which are HDF5."""
