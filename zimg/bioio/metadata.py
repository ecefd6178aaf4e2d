"""What bioio asks a plugin: its suffixes, and its reader."""

from typing import Any

from bioio_base.reader_metadata import ReaderMetadata as Base

from zimg.io.formats.table import FORMATS


class ReaderMetadata(Base):  # type: ignore[misc, unused-ignore]  # bioio-base has no types here
    """Description of the plugin; the reader is imported on request."""

    @staticmethod
    def get_supported_extensions() -> list[str]:
        """Suffixes without their first dot, of the formats whose packages are installed."""
        installed = (each for each in FORMATS if each.reader and not each.missing)
        return [suffix[1:] for each in installed for suffix in each.suffixes]

    @staticmethod
    def get_reader() -> Any:
        """The reader."""
        from zimg.bioio.reader import Reader

        return Reader
