"""Fetched pages, kept as WARC files so that they can be extracted again."""
