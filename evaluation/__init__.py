"""The service measured on stored pages of the real web: what comes out, what is lost, how fast."""
