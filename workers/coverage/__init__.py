"""What of each day was met, and what was not: pure."""
