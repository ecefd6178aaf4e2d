"""The list of files of many writers, where ZIMG_REFERENCE_DATA names a folder that has it."""

import json
import os
from pathlib import Path
from typing import Any

WHERE = os.environ.get("ZIMG_REFERENCE_DATA")
FOLDER = Path(WHERE or ".") / "formats"


def entries() -> list[dict[str, Any]]:
    """What is recorded of each file; nothing without the list."""
    manifest = FOLDER / "manifest.json"
    if WHERE is None or not manifest.exists():
        return []
    files: list[dict[str, Any]] = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    return files
