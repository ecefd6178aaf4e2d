"""What several file formats have in common."""
