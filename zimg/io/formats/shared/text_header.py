"""Headers of text at the start of a file, of which only the format tells where they end."""

import re
from pathlib import Path

from zimg._errors import ZException

FIRST, LONGEST = 2**16, 2**26  # bytes


def read_text(path: Path, end: re.Pattern[bytes]) -> tuple[bytes, int | None]:
    """The start of a file with the whole header in it.

    Parameters
    ----------
    path
        The file.
    end
        What a header ends with.

    Returns
    -------
    bytes, int or None
        At least the header, and the place after it; None when the file ends before.

    Raises
    ------
    ZException
        When there is no end in the first 64 MiB.
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
    raise ZException(f"its header is longer than {LONGEST} bytes")
