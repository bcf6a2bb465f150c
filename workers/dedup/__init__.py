"""Near-duplicates, found and judged: pure, without state, store or web."""
