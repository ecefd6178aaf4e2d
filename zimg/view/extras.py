"""Packages that only pictures need, and the extras that add them."""

from importlib import import_module
from typing import Any

from zimg._errors import ZException


def needed(module: str, extra: str) -> Any:
    """A module of a package that may be missing.

    Raises
    ------
    ZException
        When it cannot be imported, with the command that adds it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ZException(
            f'{package} is not installed; pip install "zimg-xp[{extra}]" adds it'
        ) from error
