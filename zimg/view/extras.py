"""Optional packages for pictures, and the extras that install them."""

from importlib import import_module
from typing import Any

from zimg._errors import ZException


def needed(module: str, extra: str) -> Any:
    """Import a module of an optional package.

    Raises
    ------
    ZException
        If the package is missing, with the command that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ZException(
            f'{package} is not installed; pip install "zimg-xp[{extra}]" adds it'
        ) from error
