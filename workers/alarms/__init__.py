"""What is usual for a source, what is not, and who is told."""
