"""The one spider, for every source."""
