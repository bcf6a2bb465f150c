"""What a crawl has of the service: what it owes, what it hands in, and how its end is noted."""
