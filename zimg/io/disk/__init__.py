"""Bytes on a disk: reading, inflating, atomic replacement, size limits, errors."""
