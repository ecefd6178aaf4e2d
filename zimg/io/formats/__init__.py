"""One module or folder per file format."""

from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    # Where the module was before formats had folders of their own; scripts import it from here.
    if name == "leica_image":
        from zimg.io.formats.leica import metadata

        return metadata
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
