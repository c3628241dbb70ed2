"""Drafting a mapping from the headers and the kinds of cells of a folder of files, without showing a value."""
