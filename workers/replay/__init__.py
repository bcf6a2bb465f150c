"""Archived pages, extracted again by the present extractor and rules."""
