"""Pages that need JavaScript: fetched as any other, then run in a browser whose way out is guarded."""
