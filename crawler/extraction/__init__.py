"""From a fetched page to the article that it holds, or to why it holds none: pure."""
