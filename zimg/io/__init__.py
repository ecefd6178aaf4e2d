"""Files to arrays and back: readers, writers and their shared parts; independent of `ZImg`.

``zimg.io.read``, ``write`` and ``open`` are other names of those of `zimg`,
which give and take images and therefore live above this package.
"""

import sys
from typing import Any

from zimg.io.disk.atomic import atomic_path
from zimg.io.disk.limits import decoding_limit
from zimg.io.reading import read_info, read_infos

__all__ = ["atomic_path", "decoding_limit", "read_info", "read_infos"]

_OF_IMAGES = ("open", "read", "write")


def __getattr__(name: str) -> Any:
    """Resolve former names of functions that moved to `zimg.image` (PEP 562)."""
    if name in _OF_IMAGES:
        return getattr(sys.modules["zimg"], name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
