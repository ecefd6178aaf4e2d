"""JSON text of files that anybody may have written."""

import json
from typing import Any


def loads(text: str | bytes) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    ValueError
        If the text is not JSON, or nested more deeply than Python's parser follows.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("arrays or objects are nested too deeply") from None
