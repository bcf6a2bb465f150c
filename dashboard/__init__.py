"""The service in a browser: what it does, what it has, and what is not as it should be."""
