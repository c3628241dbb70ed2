"""The gate out: what may leave, decided once for tables, charts, prose and files."""
