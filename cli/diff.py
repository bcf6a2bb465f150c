"""The command `diff`: what was changed between two revisions of an article."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from cli.commands import command
from cli.failure import Failure
from cli.output import counted, harmless, put_json
from cli.session import session
from crawler.document import Sidecar, is_id
from workers.dedup.changes import Change, Kind, Piece, changes, word_changes
from workers.revisions import Kept, Revisions

_WIDTH = 80
_STYLE = {Kind.SAME: "", Kind.REMOVED: "red", Kind.ADDED: "green"}
_SIGN = {Kind.SAME: " ", Kind.CHANGED: "~", Kind.REMOVED: "-", Kind.ADDED: "+"}
_MARKS = {Kind.SAME: "{}", Kind.REMOVED: "[-{}-]", Kind.ADDED: "{{+{}+}}"}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        diff,
        ("copydesk diff b8cf8cd10981ff62", "from what it supersedes, or to what does"),
        ("copydesk diff b8cf8cd10981ff62 d9eddb6e14ee40b6", "two texts"),
    )


def diff(
    text_id: Annotated[str, typer.Argument(metavar="ID", help="A document, by its id.")],
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="[OTHER]",
            help="Another; else what ID supersedes, or supersedes it, or is its original.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """What was changed between two texts, the earlier one first: by paragraphs, and by words.

    A line begins with `-` in a paragraph that went, `+` in one that came, `~` in one that was changed:
    [-words that went-] and {+words that came+} are marked there.
    """
    wanted = [_checked(text_id), *([_checked(other)] if other is not None else [])]
    with session() as opened:
        old, new = _pair(Revisions(opened.service), wanted)
    compared = _Compared(old, new, changes(old.body, new.body))
    if as_json:
        put_json(compared.as_json())
    else:
        _show(compared)


def _checked(text_id: str) -> str:
    plain = text_id.strip().lower()
    if not is_id(plain):
        raise typer.BadParameter(f"{harmless(text_id)!r} is no id: allowed are 16 hex digits")
    return plain


def _pair(revisions: Revisions, wanted: list[str]) -> tuple[Kept, Kept]:
    found = [_found(revisions, text_id) for text_id in wanted]
    if len(found) == 1:
        found.append(_counterpart(revisions, found[0]))
    first, second = found
    return revisions.in_order(first, second)


def _found(revisions: Revisions, text_id: str) -> Kept:
    kept = revisions.find(text_id)
    if kept is None:
        raise Failure(f"no text with the id {text_id} is kept")
    return kept


def _counterpart(revisions: Revisions, kept: Kept) -> Kept:
    sidecar = kept.sidecar
    if sidecar.supersedes:
        return _found(revisions, sidecar.supersedes)
    if later := revisions.superseding(kept):
        return later
    if sidecar.duplicate_of:
        return _found(revisions, sidecar.duplicate_of)
    raise Failure(f"{sidecar.id} supersedes nothing and nothing supersedes it; name another id")


@dataclass(frozen=True, slots=True)
class _Compared:
    """Two texts with every paragraph's fate."""

    old: Kept
    new: Kept
    changes: list[Change]

    @property
    def titles(self) -> tuple[Piece, ...]:
        """What was changed of the title; nothing where it is the same."""
        old, new = self.old.sidecar.title or "", self.new.sidecar.title or ""
        return word_changes(old, new) if old != new else ()

    def count(self, kind: Kind) -> int:
        return sum(change.kind is kind for change in self.changes)

    def as_json(self) -> dict[str, Any]:
        """Both texts, and what is other in the second; paragraphs that are the same are counted."""
        return {
            "old": _described(self.old.sidecar),
            "new": _described(self.new.sidecar),
            "title": [_piece(piece) for piece in self.titles],
            "paragraphs": {kind.value: self.count(kind) for kind in Kind},
            "changes": [
                {
                    "kind": change.kind.value,
                    "old_paragraph": change.old_number,
                    "new_paragraph": change.new_number,
                    "old": change.old,
                    "new": change.new,
                    "words": [_piece(piece) for piece in change.pieces],
                }
                for change in self.changes
                if change.kind is not Kind.SAME
            ],
        }


def _described(sidecar: Sidecar) -> dict[str, Any]:
    names = ("id", "outcome", "url", "source", "title", "published", "modified", "fetched")
    return {name: getattr(sidecar, name) for name in names} | {"supersedes": sidecar.supersedes}


def _piece(piece: Piece) -> dict[str, str]:
    return {"kind": piece.kind.value, "text": piece.text}


def _show(compared: _Compared) -> None:
    console = Console(highlight=False)
    width = min(console.width, _WIDTH) if console.is_terminal else _WIDTH
    for line in _lines(compared, console, width):
        console.print(line, soft_wrap=True)


def _lines(compared: _Compared, console: Console, width: int) -> Iterator[Text]:
    for sign, kept, style in (("---", compared.old, "red"), ("+++", compared.new, "green")):
        sidecar = kept.sidecar
        line = f"{sign} {sidecar.id}  {sidecar.fetched}  {sidecar.outcome}, {sidecar.source}"
        yield Text(harmless(line), style)
    yield Text(harmless(f"    {compared.new.sidecar.url}"))
    if compared.titles:
        yield from _wrapped(compared.titles, Kind.CHANGED, console, width, before="title: ")
    if not compared.titles and compared.count(Kind.SAME) == len(compared.changes):
        yield Text("the texts are the same")
        return
    same = 0
    for change in compared.changes:
        if change.kind is Kind.SAME:
            same += 1
            continue
        yield from _passed_over(same)
        same = 0
        yield from _wrapped(change.pieces, change.kind, console, width)
        yield Text("")
    yield from _passed_over(same)


def _passed_over(number: int) -> Iterator[Text]:
    if number:
        yield Text(f"  ({counted(number, 'paragraph')} the same)", "dim")
        yield Text("")


def _wrapped(
    pieces: Iterable[Piece], kind: Kind, console: Console, width: int, before: str = ""
) -> Iterator[Text]:
    """A paragraph in lines of that width, each behind the sign of what became of it."""
    text = Text(before)
    for piece in pieces:
        marks = _MARKS[piece.kind] if kind is Kind.CHANGED else "{}"
        shown = "\n".join(map(harmless, piece.text.split("\n")))
        text.append(marks.format(shown), _STYLE[piece.kind])
    for line in text.wrap(console, width - 2):
        line.rstrip()
        yield Text.assemble((_SIGN[kind], _STYLE.get(kind, "bold")), " ", line)
