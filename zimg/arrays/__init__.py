"""Arrays of any framework: import, storage, export and conversion."""
