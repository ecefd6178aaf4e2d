"""Text headers at the start of a file, whose end depends on the format."""

import re
from pathlib import Path

from zimg._errors import ZException

FIRST, LONGEST = 2**16, 2**26  # bytes


def read_text(path: Path, end: re.Pattern[bytes]) -> tuple[bytes, int | None]:
    """Read the start of a file that contains the whole header.

    Parameters
    ----------
    path
        The file.
    end
        Pattern at the end of the header.

    Returns
    -------
    bytes, int or None
        At least the header, and the offset after it; None when the file ends before.

    Raises
    ------
    ZException
        When the first 64 MiB contain no end.
    """
    with path.open("rb") as file:
        head, size = b"", FIRST
        while len(head) < LONGEST:
            more = file.read(size - len(head))
            head += more
            found = end.search(head, max(0, len(head) - len(more) - 1024))
            if found:
                return head, found.end()
            if not more:
                return head, None
            size *= 2
    raise ZException(f"the header is longer than {LONGEST} bytes")
