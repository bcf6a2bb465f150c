"""How each house sets the same words."""

import re

NO_BREAK, NARROW = "\u00a0", "\u202f"

_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-"})


def french(text: str) -> str:
    """No-break spaces inside guillemets and before high punctuation, as French printers set them."""
    text = text.replace("« ", f"«{NO_BREAK}").replace(" »", f"{NO_BREAK}»")
    return re.sub(" ([;!?])", rf"{NARROW}\1", text).replace(" :", f"{NO_BREAK}:")


def straight(text: str) -> str:
    """What a teleprinter knows: straight quotation marks, no spaces inside them, hyphens."""
    return text.replace("« ", "«").replace(" »", "»").translate(_STRAIGHT)
