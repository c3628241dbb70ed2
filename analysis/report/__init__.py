"""The quarterly report: its content, its words, its page, and the folder it is written to."""
