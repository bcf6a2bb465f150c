"""The index at several sizes, side by side on servers of their own."""
