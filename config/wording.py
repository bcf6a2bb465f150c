"""What is wrong with a value, in words that a person can act on."""

import difflib
import json
from collections.abc import Iterable

from pydantic_core import ErrorDetails

_LONGEST_VALUE = 80
_PLAIN = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "float_type": "a number",
    "string_type": "text in quotes",
    "tuple_type": "a list in brackets",
}


def allowed(error: ErrorDetails) -> str:
    """What a field allows. The project's own validators say so themselves."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    what = _PLAIN.get(error["type"], error["msg"].removeprefix("Input should be "))
    return f"allowed is {what}"


def shown(value: object) -> str:
    """A value on one line of ASCII, cut where it is long: it can neither forge nor flood."""
    text = json.dumps(value, default=str)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "..."


def nearest(name: str, known: Iterable[str]) -> str:
    """A question that names the known word most like `name`; empty where none is like it."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]}?" if close else ""
