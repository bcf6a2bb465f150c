"""The page of outcomes and their reasons."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import crawler
import workers
from crawler.outcome import Outcome
from handbook.docstrings import of_attributes
from handbook.table import code, table

# What these are made with, or raised with, is a reason that is counted.
_CARRIERS = {"Rejection", "Undecodable", "Miss", "PageBroke"}
_WORD = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
_INGEST = re.compile("(extraction|parser|ingest)-[a-z]+")
# Of looks at a site that is no source yet.
_OF_ADD = "survey"

NO_ARTICLE = {
    "listing": "most of its text stands in teasers of other pages",
    "no-text": "no text is found that could be an article's",
    "too-short": "hardly any text, and no sign that it is an article",
    "empty": "there is nothing in it",
    "front-page": "the address led to the front page",
    "login": "it asks for a name and a password",
    "consent": "it asks for a consent and shows nothing else",
    "soft-404": "it says that there is no such page, with a status that says otherwise",
    "challenge": "it asks whether a person is there",
    "not-html": "a picture, a PDF or other data",
    "charset": "no charset makes a text of it",
    "corrupt": "what was packed cannot be unpacked",
    "unknown-coding": "it is packed in a way that nobody knows",
    "cut-off": "the answer ends early",
    "too-large": "more bytes, elements, attributes or text than are read of a page",
    "too-deep": "its elements are nested too deeply",
    "parser-none": "the source's own [parser](../parsers.md) found no article",
    "robots": "robots.txt asks not to read it",
    "other-host": "it leads to a host that the source does not name",
    "redirects": "it redirects without end",
    "no-address": "it redirects to what is no address",
    "scheme": "it is neither http nor https",
    "refused-address": "its address is private, and the source does not admit it",
}
FAILED = {
    "extraction-timeout": "its extraction took too long (`COPYDESK_PAGE_SECONDS`)",
    "extraction-memory": "its extraction took too much memory",
    "extraction-died": "its extraction ended its process",
    "extraction-error": "its extraction failed: a mistake of ours, please report it",
    "parser-error": "the source's own parser failed; at once, without another attempt",
    "ingest-died": "its processes ended again and again before it was read",
    "no-such-host": "the name of the host does not resolve",
    "refused": "the host refuses connections",
    "timed-out": "the host did not answer in time",
    "connection": "the connection broke",
    "tls": "no trusted connection: the certificate is wrong, or too old",
    "render-hung": "its script comes to no end",
    "render-crashed": "the browser died of it",
    "render-too-large": "its script made more than 5 MiB of it",
}
OTHERS = (
    ("gone", "http-404", "there is no such page"),
    ("gone", "http-410", "there is no such page any more"),
    ("rejected", "http-4xx", "another refusal of this page alone: 400, 451, ..."),
    ("failed", "http-5xx", "the host has a fault; http-403 and http-429: it refuses"),
    ("unchanged", "not-modified", "the site says so itself, with a 304"),
    (
        "unchanged",
        "shows-less",
        "a teaser, or the first pages alone, of an article of which more is kept: that stays, and it is tried again",
    ),
    (
        "any with a text",
        "body-selector-missed",
        "the source's `body` matched nothing, and the heuristic decided",
    ),
)
_ABOVE = """# Outcomes and their reasons

Every page that is owed ends in exactly one of these, and is counted. `copydesk status` has those of the last day, `copydesk sources --json` all of a
source.

"""
_BETWEEN = """
A page has `COPYDESK_ATTEMPTS` attempts. The last failure puts it in quarantine: `copydesk quarantine` lists it, and
`copydesk quarantine retry ID` tries it again. A host that is down, or refuses all, counts for no page.

## Reasons

Counted beside the outcome, in `copydesk sources --json` under `reasons`.

"""
_BELOW = "\nThis page is written from `crawler/outcome.py` by `make pages`; a test holds the reasons to be those of the code.\n"


def page() -> str:
    """The page, in Markdown."""
    told = of_attributes(Outcome)
    outcomes = [(code(outcome), told[outcome.name]) for outcome in Outcome]
    reasons = [
        *(("rejected", code(reason), means) for reason, means in NO_ARTICLE.items()),
        *(("failed", code(reason), means) for reason, means in FAILED.items()),
        *((outcome, code(reason), means) for outcome, reason, means in OTHERS),
    ]
    return (
        _ABOVE
        + table(("outcome", "means"), outcomes)
        + _BETWEEN
        + table(("outcome", "reason", "means"), reasons)
        + _BELOW
    )


def reasons_in_code() -> set[str]:
    """The constant words with which the code ends pages."""
    folders = (Path(room.__file__).parent for room in (crawler, workers) if room.__file__)
    files = (path for folder in folders for path in folder.rglob("*.py"))
    return {
        reason
        for path in files
        if _OF_ADD not in path.parts
        for reason in _reasons(ast.parse(path.read_text(encoding="utf-8")))
    }


def _reasons(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            # The words that are told to a person stand behind, and are no constants of one word.
            case ast.Call(args=[ast.Attribute(attr="NOT_ASKED" | "NOT_RENDERED"), *_]):
                pass  # these end no page
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in _CARRIERS:
                yield from filter(_WORD.fullmatch, _strings(arguments[:2]))
            case ast.Tuple(elts=[_, ast.Attribute(value=ast.Name(id="MissKind")), reason, *_]):
                yield from filter(_WORD.fullmatch, _strings([reason]))
            case ast.Constant(value=str(word)) if _INGEST.fullmatch(word):
                yield word


def _strings(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
