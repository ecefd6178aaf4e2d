"""Files that Bio-Formats reads."""
