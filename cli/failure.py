"""What a command tells a person when it could not do its work."""


class Failure(Exception):
    """Something failed that a person can do something about; the message says what. Exit 1."""


class WrongCall(Exception):
    """The call asks for what cannot be; the message says what is allowed. Exit 2."""
