"""A run as a file to keep: what it came to as one report of plain data, spelled as Markdown, HTML or JSON."""
