"""Celery on Redis: its settings, its messages, and the ends of its processes."""
