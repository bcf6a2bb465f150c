"""All hostile kinds."""

from collections import Counter

from chaos.promise import Size
from chaos.trials.hostile.answers import answers
from chaos.trials.hostile.kind import Kind, Scale
from chaos.trials.hostile.letters import letters
from chaos.trials.hostile.lists import lists
from chaos.trials.hostile.markup import markup
from chaos.trials.hostile.packed import packed
from chaos.trials.hostile.words import words


def corpus(size: Size) -> list[Kind]:
    """Every kind once; small ones where size is the point and the trial is."""
    scale = Scale(size)
    kinds = [
        kind for room in (packed, markup, letters, words, lists, answers) for kind in room(scale)
    ]
    twice = [name for name, count in Counter(kind.name for kind in kinds).items() if count > 1]
    assert not twice, f"kinds of one name: {twice}"
    return kinds
