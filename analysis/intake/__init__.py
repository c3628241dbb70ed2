"""The gate in: the layout, reading, checks, identifiers and mappings."""
