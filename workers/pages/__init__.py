"""What happens to one page on its way to its outcome."""
