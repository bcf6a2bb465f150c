"""The part `webhook`: a consumer group of its own, whose documents are posted to an address."""
