"""HDF5Img files, opened for reading."""

import h5py
from h5py import h5g

from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.hdf5img.metadata import read_info
from zimg.io.formats.hdf5img.scene import Hdf5ImgScene
from zimg.io.formats.shared.hdf5 import Hdf5Reader

ROOT = "Img"
"""Name of the group of the image."""


class Hdf5ImgReader(Hdf5Reader):
    """An open HDF5Img file; it has one scene. Arguments and errors are those of `Hdf5Reader`."""

    name = "HDF5 img"
    kind = "an HDF5Img"
    root = ROOT

    def _scene(
        self,
        top: h5g.GroupID,  # noqa: ARG002
        image: h5g.GroupID,
        chunks: FileBytes | None,
        size: int,
    ) -> Hdf5ImgScene:
        info, factors = read_info(h5py.Group(image), size)
        return Hdf5ImgScene(image, chunks, size, info, factors)
