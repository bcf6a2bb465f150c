"""The real command in a home of its own, and a web site that does what it is told: for tests and trials."""
