"""What the service is told: its sources, its settings, its logging."""
