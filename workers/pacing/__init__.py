"""When a source is looked at next: what it has published, and when, tells."""
