"""Microscopy images and neuron tracing on the array you already hold.

Every name below is imported at its first use, so `import zimg` loads no array framework and no
file format.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zimg import neutube_json
    from zimg._errors import ZCancellationException, ZException
    from zimg.blocked import BlockedSkeletonizer, BlockedTracer
    from zimg.diagnosis import doctor
    from zimg.image import (
        ZImg,
        ZImgBlockProvider,
        ZImgSliceProvider,
        ZImgSubBlock,
        ZImgTileSubBlock,
        read,
        write,
    )
    from zimg.image import open as open
    from zimg.io.parameters import ZImgWriteParameters
    from zimg.io.source import ZImgSource
    from zimg.learning import patches
    from zimg.ops.placing import free_device_memory
    from zimg.skeletons import SkeletonizeConfig, skeletonize, skeletonize_labels
    from zimg.swc import SwcNode, ZSwc
    from zimg.swc.comparing import compare
    from zimg.swc.sheets import contact_sheet
    from zimg.swc.subtraction import subtract
    from zimg.tracing import TraceWarning, trace, trace_from, trace_many, trace_path
    from zimg.tracing.config import TraceConfig
    from zimg.values import (
        Compression,
        Dimension,
        FileFormat,
        ImgMergeMode,
        Interpolant,
        VoxelFormat,
        VoxelSizeUnit,
        ZImgInfo,
        ZImgRegion,
        ZVoxelCoordinate,
        col4,
    )
    from zimg.workers import (
        ZNeutubeAutoTrace,
        ZNeutubeBlockedAutoTrace,
        ZNeutubeSkeletonize,
        ZSwcSubtract,
    )

    __version__: str

__all__ = [
    "BlockedSkeletonizer",
    "BlockedTracer",
    "Compression",
    "Dimension",
    "FileFormat",
    "ImgMergeMode",
    "Interpolant",
    "SkeletonizeConfig",
    "SwcNode",
    "TraceConfig",
    "TraceWarning",
    "VoxelFormat",
    "VoxelSizeUnit",
    "ZCancellationException",
    "ZException",
    "ZImg",
    "ZImgBlockProvider",
    "ZImgInfo",
    "ZImgRegion",
    "ZImgSliceProvider",
    "ZImgSource",
    "ZImgSubBlock",
    "ZImgTileSubBlock",
    "ZImgWriteParameters",
    "ZNeutubeAutoTrace",
    "ZNeutubeBlockedAutoTrace",
    "ZNeutubeSkeletonize",
    "ZSwc",
    "ZSwcSubtract",
    "ZVoxelCoordinate",
    "__version__",
    "col4",
    "compare",
    "contact_sheet",
    "doctor",
    "free_device_memory",
    "neutube_json",
    "patches",
    "read",
    "skeletonize",
    "skeletonize_labels",
    "subtract",
    "trace",
    "trace_from",
    "trace_many",
    "trace_path",
    "write",
]

_NAMES_OF = {
    "zimg._errors": ("ZCancellationException", "ZException"),
    "zimg.values": (
        "Compression",
        "Dimension",
        "FileFormat",
        "ImgMergeMode",
        "Interpolant",
        "VoxelFormat",
        "VoxelSizeUnit",
        "ZImgInfo",
        "ZImgRegion",
        "ZVoxelCoordinate",
        "col4",
    ),
    "zimg.io.parameters": ("ZImgWriteParameters",),
    "zimg.io.source": ("ZImgSource",),
    "zimg.image": (
        "ZImg",
        "ZImgBlockProvider",
        "ZImgSliceProvider",
        "ZImgSubBlock",
        "ZImgTileSubBlock",
        "open",
        "read",
        "write",
    ),
    "zimg.diagnosis": ("doctor",),
    "zimg.learning": ("patches",),
    "zimg.ops.placing": ("free_device_memory",),
    "zimg.skeletons": ("SkeletonizeConfig", "skeletonize", "skeletonize_labels"),
    "zimg.swc": ("SwcNode", "ZSwc"),
    "zimg.swc.comparing": ("compare",),
    "zimg.swc.sheets": ("contact_sheet",),
    "zimg.swc.subtraction": ("subtract",),
    "zimg.tracing": ("TraceWarning", "trace", "trace_from", "trace_many", "trace_path"),
    "zimg.tracing.config": ("TraceConfig",),
    "zimg.blocked": ("BlockedSkeletonizer", "BlockedTracer"),
    "zimg.workers": (
        "ZNeutubeAutoTrace",
        "ZNeutubeBlockedAutoTrace",
        "ZNeutubeSkeletonize",
        "ZSwcSubtract",
    ),
}
_HOME = {name: module for module, names in _NAMES_OF.items() for name in names}


def _warn_of_a_clash() -> None:
    """Warn when PyPI's `zimg`, which uses this import name too, is installed beside `zimg-xp`.

    Folders are listed instead of asking `importlib.metadata`, which takes longer than the rest of
    this module.
    """
    import os
    import sys
    import warnings

    for folder in sys.path:
        if not folder.endswith("-packages"):
            continue
        try:
            names = os.listdir(folder)  # noqa: PTH208 (pathlib takes longer to import)
        except OSError:
            continue
        if any(name.startswith("zimg-") and name.endswith(".dist-info") for name in names):
            warnings.warn(
                f"the distributions `zimg` and `zimg-xp` are both installed ({folder}) and share "
                "the import name `zimg`: their files overwrite each other; uninstall both, then "
                "install the one that you want",
                stacklevel=3,
            )
            return


_warn_of_a_clash()


def __getattr__(name: str) -> Any:
    """Import the public `name` from its module, once (PEP 562)."""
    if name == "__version__":
        value: Any = import_module("importlib.metadata").version("zimg-xp")
    elif name == "neutube_json":
        value = import_module("zimg.neutube_json")
    elif name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    else:
        raise AttributeError(f"module 'zimg' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "open"])  # `open` is no star import: it would hide the built-in
