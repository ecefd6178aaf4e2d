"""Images in files: reading, writing, and replacing files in one step."""

from zimg.io.atomic import atomic_path
from zimg.io.reading import read, read_info, read_infos, read_source, read_source_info
from zimg.io.tiff_write import write_tiff

__all__ = [
    "atomic_path",
    "read",
    "read_info",
    "read_infos",
    "read_source",
    "read_source_info",
    "write_tiff",
]
