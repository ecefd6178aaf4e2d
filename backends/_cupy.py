"""Hooks for cupy."""
