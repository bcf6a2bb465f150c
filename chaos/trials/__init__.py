"""One module a promise, each with its `trial`."""
