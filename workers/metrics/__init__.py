"""What Prometheus is told of the service: declared in one file, counted with each page's end, read from the state."""
