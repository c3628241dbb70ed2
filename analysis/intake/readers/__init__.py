"""Readers of source files: one module for each format, each from a file to a table of text cells."""
