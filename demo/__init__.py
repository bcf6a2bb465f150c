"""A sample news site on loopback, and the tour of the whole service that it makes possible."""
