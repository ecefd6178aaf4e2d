"""Settings of an Olympus image: sections of names and values, as text in UTF-16 or UTF-8."""

from collections.abc import Mapping

import numpy as np

from zimg._errors import ZException
from zimg.values import col4

LUT = "[ColorLUTData]\r\n"  # binary follows: blue, green, red and one byte more for each value
MOST_LINES = 2**18


class Settings:
    """A settings file.

    Parameters
    ----------
    data
        Its bytes.

    Raises
    ------
    ZException
        When the text is not in this form.
    """

    def __init__(self, data: bytes) -> None:
        wide = data.startswith(b"\xff\xfe[\0")
        if not wide and not data.startswith(b"["):
            raise ZException("the settings of the image are damaged: expected text in sections")
        encoding = "utf-16-le" if wide else "utf-8"
        head, _, self._lut = data[2 * wide :].partition(LUT.encode(encoding))
        self._sections: dict[str, dict[str, str]] = {}
        own: dict[str, str] = {}
        for line in head.decode(encoding, "replace").splitlines()[:MOST_LINES]:
            text = line.strip()
            name, equals, value = text.partition("=")
            if text.startswith("[") and text.endswith("]"):
                own = self._sections.setdefault(text[1:-1], {})
            elif equals and not text.startswith(";"):
                own[name.strip()] = value.strip().strip('"')

    def section(self, name: str) -> Mapping[str, str]:
        """Names and values of a section; empty if absent."""
        return self._sections.get(name, {})

    def colour(self) -> col4 | None:
        """Colour of the highest value in a lookup table; None without a table."""
        table = np.frombuffer(self._lut[: len(self._lut) // 4 * 4], np.uint8).reshape(-1, 4)
        if not len(table) or not table[-1, :3].any():
            return None
        blue, green, red = (int(value) for value in table[-1, :3])
        return col4(red, green, blue)
