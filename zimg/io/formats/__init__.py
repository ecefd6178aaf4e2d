"""One module or folder per file format."""
