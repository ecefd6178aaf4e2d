"""NRRD: a header of text, then one volume in it or in files beside it."""
