"""MetaImage: a text header, and one volume in the same or in other files."""
