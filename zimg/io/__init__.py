"""Images in files: reading, writing, and replacing files in one step."""

from zimg.io.atomic import atomic_path
from zimg.io.formats.tiff.write import write_tiff
from zimg.io.limits import decoding_limit
from zimg.io.reading import read, read_info, read_infos, read_source, read_source_info
from zimg.io.writing import write

__all__ = [
    "atomic_path",
    "decoding_limit",
    "read",
    "read_info",
    "read_infos",
    "read_source",
    "read_source_info",
    "write",
    "write_tiff",
]
