"""What a command tells a person when it could not do its work."""


class Failure(Exception):
    """Something failed that a person can do something about; the message says what. Exit 1."""
