"""From listings to links: what one visit reads of them, and what it makes of what they no longer name."""
