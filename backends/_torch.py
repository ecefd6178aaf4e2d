"""Hooks for torch."""
