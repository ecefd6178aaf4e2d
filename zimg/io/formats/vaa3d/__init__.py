"""Vaa3D's raw stacks, and those packed by differences."""
