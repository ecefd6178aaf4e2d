"""The command ``zimg``: the library for people who work with files."""

from zimg.cli.app import main

__all__ = ["main"]
