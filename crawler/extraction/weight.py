"""How much a text says, whatever it is written in."""

import re

_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_LETTERS_A_CHARACTER = 3


def weight(text: str) -> int:
    """Length in letters of an alphabet: a character of Chinese says as much as three."""
    if text.isascii():
        return len(text)
    return len(text) + (_LETTERS_A_CHARACTER - 1) * len(_CJK.findall(text))
