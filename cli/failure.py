"""What a command tells a person when it could not do its work."""


class Failure(Exception):
    """Something failed that a person can do something about; the message says what. Exit 1."""


class WrongCall(Exception):
    """The call asks for what cannot be; the message says what is allowed. Exit 2."""


def check_group(name: str) -> None:
    """Raises `WrongCall` where no consumer group can have this name."""
    if not name.strip():
        raise WrongCall("--group: a name is needed")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise WrongCall("--group: allowed is a name in UTF-8") from None
