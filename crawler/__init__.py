"""From a URL to an article: listings, fetching, extraction. Knows neither Celery nor Redis."""
