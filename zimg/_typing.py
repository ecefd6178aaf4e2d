"""Aliases for what the array API standard calls an array, a namespace, a device and a dtype."""

from typing import Any

# The standard has no static types yet; these names keep signatures readable until it does.
Array = Any
Namespace = Any
Device = Any
DType = Any
