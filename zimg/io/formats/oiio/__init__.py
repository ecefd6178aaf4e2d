"""Image files that OpenImageIO reads."""
