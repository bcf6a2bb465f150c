"""Listings: pages that name articles. Bytes in, links out; nothing here speaks to the web."""
