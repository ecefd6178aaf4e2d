"""HDF5Img files (``.nim``, ``.h5``): one dataset per plane and level, as in the reference."""
