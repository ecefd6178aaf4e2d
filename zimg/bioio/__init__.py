"""The bioio plugin: every image that this library reads, as a bioio reader."""

from zimg.bioio.metadata import ReaderMetadata

__all__ = ["ReaderMetadata"]
