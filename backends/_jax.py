"""Hooks for jax."""
