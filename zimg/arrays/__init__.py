"""Memory of any framework: into, out of and between arrays."""
