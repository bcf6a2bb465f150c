"""`python -m handbook pages` writes the pages that come from the code, `site` builds the site."""

import sys

from handbook.pages import write
from handbook.site import ROOT, SITE, build

_CALL = "python -m handbook pages|site"


def main(arguments: list[str]) -> int:
    """Exit 0 done, 1 something is wrong with the documentation, 2 the call is wrong."""
    if arguments == ["pages"]:
        for name in write(ROOT):
            print(f"written: {name}")
        return 0
    if arguments != ["site"]:
        print(_CALL, file=sys.stderr)
        return 2
    problems = build()
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"built: {SITE}/index.html; `python -m http.server --directory {SITE}` serves it")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
