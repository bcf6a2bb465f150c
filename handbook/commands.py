"""The page of commands: what each says of itself."""

from typing import Any

import typer

from cli.main import app

_WIDTH = 80
_ABOVE = """# Commands

What `copydesk COMMAND --help` says. Colours and bars are for terminals alone, and colours not where `NO_COLOR` is set. All have `--json`: one object on standard output, or one a line where a command lists;
all else goes to standard error. Exit codes: 0 done, 1 something failed, 2 the call or the configuration is wrong.

`copydesk --install-completion`, called from bash, zsh or fish, has TAB complete commands, options and names of sources from the
next shell on; `copydesk --show-completion` prints what that adds. zsh and fish call `copydesk` by its name: put `.venv/bin` into the
`PATH`, or a link to `.venv/bin/copydesk` into a folder that is there. In zsh the first TAB of a shell only loads it.

Scrapy's own commands work too, without Redis: `python -m scrapy crawl news -a source=NAME -O pages.jsonl`.

"""
_BELOW = "This page is written from the commands themselves by `make pages`.\n"


def page() -> str:
    """The page, in Markdown."""
    root = typer.main.get_command(app) if isinstance(app, typer.Typer) else app
    return _ABOVE + "".join(_sections(root, _context(root, "copydesk", None))) + _BELOW


# Typer's commands are of classes that it does not name in public.
def _sections(command: Any, context: Any) -> list[str]:
    sections = []
    if context.parent:
        told = command.get_help(context)
        sections.append(f"## {context.command_path}\n\n```text\n{told}\n```\n\n")
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        below = command.get_command(context, name)
        if not below.hidden:
            sections += _sections(below, _context(below, name, context))
    return sections


def _context(command: Any, name: str, parent: Any) -> Any:
    width = {"terminal_width": _WIDTH, "max_content_width": _WIDTH}
    return command.context_class(command, info_name=name, parent=parent, **width)
