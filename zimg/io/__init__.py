"""Files to arrays and back: readers, writers and what they share; knows no `ZImg`."""

from zimg.io.disk.atomic import atomic_path
from zimg.io.disk.limits import decoding_limit
from zimg.io.reading import read_info, read_infos

__all__ = ["atomic_path", "decoding_limit", "read_info", "read_infos"]
