"""HDF5Img files (``.nim``, ``.h5``): a dataset per plane and level, as by the reference."""
