"""The part `browser`: starts a Chromium for each crawl process that needs one, and looks after it."""
