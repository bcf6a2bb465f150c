"""How well intervals follow what sources publish: made-up months, walked by the service's own rules."""
