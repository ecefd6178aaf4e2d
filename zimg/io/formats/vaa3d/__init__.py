"""Vaa3D stacks, raw and compressed (PBD)."""
