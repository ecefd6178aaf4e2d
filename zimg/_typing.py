"""Aliases for what the array API standard calls an array, a namespace, a device and a dtype."""

from typing import Any, Literal

# The standard has no static types yet; these names keep signatures readable until it does.
Array = Any
Namespace = Any
Device = Any
DType = Any

ImageFramework = Literal[
    "auto", "numpy", "torch", "pytorch", "jax", "cupy", "array_api", "array_api_strict"
]
"""Frameworks that can hold an image. Frameworks of other packages also work if they have registered
hooks, but type checkers know only these.
"""
ArrayFramework = Literal[ImageFramework, "tensorflow", "tf", "memview"]
"""Frameworks and forms that arrays can be converted to."""
