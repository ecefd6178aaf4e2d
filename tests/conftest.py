"""Lane fixtures for every test of this repository."""

from zimg.testing import device, lane, pytest_configure, xp

__all__ = ["device", "lane", "pytest_configure", "xp"]
