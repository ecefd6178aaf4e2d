"""JPEG XR files."""
