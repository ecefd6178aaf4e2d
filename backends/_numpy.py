"""Hooks for numpy."""
