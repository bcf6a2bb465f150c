"""What a command is made of: it is loaded when it is called, and its help ends with examples."""

import shlex
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer

# It has the first one from what it brings along of Click, and does not say so.
from typer.core import CompletionItem, TyperCommand, TyperGroup  # type: ignore[attr-defined]
from typer.main import get_group

Example = tuple[str, str]
"""A call as it is typed, and what it does: `("copydesk status", "how the service is")`."""
_LONGEST_CALL = 50
_PIPED = ("|", "<", ">")


def command(
    app: typer.Typer,
    run: Callable[..., None],
    *examples: Example,
    name: str | None = None,
    does: str | None = None,
) -> None:
    """Register a command, with the examples of its help; `does` says in a few words what it does."""
    app.command(name, cls=Command, epilog=written(*examples), short_help=does)(run)


def written(*examples: Example) -> str:
    """Examples as the `epilog` of a `Command` or a `Group`."""
    return "\n".join("\t".join(example) for example in examples)


def words_of(call: str) -> list[str]:
    """The arguments of an example's call: what stands behind `copydesk`, without what it is piped into."""
    words = shlex.split(call)
    words = words[words.index("copydesk") + 1 :]
    return words[: min((i for i, word in enumerate(words) if word in _PIPED), default=len(words))]


class _WithExamples:
    """A help that has arguments as their names are written, `[NAME]` or `NAME...`, and examples."""

    epilog: str | None
    options_metavar: str | None
    get_params: Callable[[Any], list[Any]]

    @property
    def examples(self) -> list[Example]:
        """The calls that the help shows, and what each does."""
        parts = (line.partition("\t") for line in (self.epilog or "").splitlines())
        return [(call, meaning) for call, _, meaning in parts]

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What stands behind the command, in the line that says how it is called."""
        params = self.get_params(ctx)
        names = [p.display_name_raw for p in params if p.param_type_name == "argument"]
        return [*filter(None, [self.options_metavar]), *names]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, then options."""
        shown: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for param in self.get_params(ctx):
            if record := param.get_help_record(ctx):
                is_argument = param.param_type_name == "argument"
                row = (param.display_name_raw, record[1]) if is_argument else record
                shown["Arguments" if is_argument else "Options"].append(row)
        for heading, rows in shown.items():
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The examples."""
        if self.examples:
            with formatter.section("Examples"):
                formatter.write_dl(self.examples, col_max=_LONGEST_CALL)


class Command(_WithExamples, TyperCommand):
    """A command whose `epilog` holds its examples."""


class Group(_WithExamples, TyperGroup):
    """A command with commands of its own; its `epilog` holds its examples."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """As of any command, and that another one follows."""
        return [*super().collect_usage_pieces(ctx), self.subcommand_metavar]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, options, then its commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is, and what it does in a few words."""

    module: str
    """A module whose `add_to` registers it, and maybe others."""
    does: str


class Loaded(MutableMapping[str, Any]):
    """Commands by name; the module of one is imported when it is asked for."""

    def __init__(self, places: Mapping[str, Place], loaded: Mapping[str, Any]) -> None:
        self._places = dict[str, Any](places)
        self._loaded = dict(loaded)

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            app = typer.Typer(rich_markup_mode=None)
            import_module(self._places[name].module).add_to(app)
            self._loaded |= get_group(app).commands
        return self._loaded[name]

    def __setitem__(self, name: str, made: Any) -> None:
        self._loaded[name] = made

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places | self._loaded)

    def __len__(self) -> int:
        return len(self._places | self._loaded)


class LoadedWhenCalled(Group):
    """A group that names all its commands, in its help and to a shell that completes, and loads none for that."""

    sections: ClassVar[Mapping[str, Mapping[str, Place]]] = {}
    """The commands, under the headings of the help."""

    def __init__(self, **attributes: Any) -> None:
        self._places = {n: place for some in self.sections.values() for n, place in some.items()}
        loaded = attributes["commands"]
        super().__init__(**attributes | {"commands": Loaded(self._places, loaded)})

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order of the help."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Under each heading the commands, with what they do."""
        for heading, some in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name, place.does) for name, place in some.items()])

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Names of commands and of options that begin so."""
        names = (name for name in self._places if name.startswith(incomplete))
        named = [CompletionItem(name, help=self._places[name].does) for name in names]
        # Past the group's own, which would load every command.
        return named + super(TyperGroup, self).shell_complete(ctx, incomplete)
