"""Images in files: reading, writing, and replacing files in one step."""

from zimg.io.atomic import atomic_path
from zimg.io.lazy import ZImgFile, open
from zimg.io.limits import decoding_limit
from zimg.io.providers import ZImgBlockProvider, ZImgSliceProvider
from zimg.io.reading import (
    read,
    read_info,
    read_infos,
    read_source,
    read_source_info,
    read_source_infos,
)
from zimg.io.streaming import write_provided
from zimg.io.subblocks import internal_sub_regions, read_sub_block, sub_block_lists
from zimg.io.tile import ZImgSubBlock, ZImgTileSubBlock
from zimg.io.writing import write

__all__ = [
    "ZImgBlockProvider",
    "ZImgFile",
    "ZImgSliceProvider",
    "ZImgSubBlock",
    "ZImgTileSubBlock",
    "atomic_path",
    "decoding_limit",
    "internal_sub_regions",
    "open",
    "read",
    "read_info",
    "read_infos",
    "read_source",
    "read_source_info",
    "read_source_infos",
    "read_sub_block",
    "sub_block_lists",
    "write",
    "write_provided",
]
