"""The napari plugin: files of every format, trees, and a widget that traces layers."""
