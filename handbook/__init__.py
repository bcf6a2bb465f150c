"""The documentation: pages that are written from the code, and the site that all pages make."""
