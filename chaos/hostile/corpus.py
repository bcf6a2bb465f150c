"""All hostile kinds."""

from collections import Counter

from chaos.hostile.answers import answers
from chaos.hostile.kind import Kind, Scale
from chaos.hostile.letters import letters
from chaos.hostile.lists import lists
from chaos.hostile.markup import markup
from chaos.hostile.packed import packed
from chaos.hostile.words import words
from chaos.promise import Size


def corpus(size: Size) -> list[Kind]:
    """Every kind once; small ones where size is the point and the trial is."""
    scale = Scale(size)
    kinds = [
        kind for room in (packed, markup, letters, words, lists, answers) for kind in room(scale)
    ]
    twice = [name for name, count in Counter(kind.name for kind in kinds).items() if count > 1]
    assert not twice, f"kinds of one name: {twice}"
    return kinds
