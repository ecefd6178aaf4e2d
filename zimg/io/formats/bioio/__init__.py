"""Files that the installed plugins of bioio read."""
