"""Find the installed plugins of bioio that read a file."""

import logging
from pathlib import Path
from typing import Any

from bioio.plugins import get_plugins

_log = logging.getLogger("zimg")
OURS = "zimg-xp"  # it would ask this library again


def plugins_for(path: Path) -> list[Any]:
    """The plugins that state the suffix of a path, the most specific first, without our own."""
    name = path.name.lower()
    found: list[Any] = []
    for suffix, plugins in _installed().items():
        if name.endswith(suffix):
            found += [each for each in plugins if each not in found]
    return [each for each in found if each.entrypoint.name != OURS]


def _installed() -> dict[str, list[Any]]:
    """Plugins by suffix; none, with a warning, if a plugin prevents bioio from listing them."""
    try:
        found: dict[str, list[Any]] = get_plugins(use_cache=True)
    except Exception as error:
        _log.warning("plugins of bioio cannot be listed: %s", error)
        return {}
    return found


def accepts(path: Path) -> bool:
    """Whether a plugin is installed for a file."""
    return bool(plugins_for(path))
