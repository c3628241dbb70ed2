"""The auditor: what an outsider could work out from a report and those before it. It reads published files only."""
