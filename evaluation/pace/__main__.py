"""`python -m evaluation.pace [--page docs/pace.md] [--picture docs/pace.svg] [--tuning]`: months of walks, compared."""

import argparse
from pathlib import Path

from evaluation.pace.figures import TOLD_ON, TUNED_ON, compare
from evaluation.pace.page import page_with, tables
from evaluation.pace.picture import picture


def main() -> None:
    """Try all intervals; print the figures, and write page and picture where they are named."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.pace", description=main.__doc__)
    parser.add_argument("--page", type=Path, help="a page whose figures are written anew")
    parser.add_argument("--picture", type=Path, help="an SVG to draw")
    parser.add_argument("--tuning", action="store_true", help="on the months of the tuning instead")
    asked = parser.parse_args()
    told = compare(TUNED_ON if asked.tuning else TOLD_ON)
    print("\n".join(tables(told)))
    if asked.page:
        page = asked.page.read_text(encoding="utf-8")
        asked.page.write_text(page_with(page, told), encoding="utf-8")
    if asked.picture:
        asked.picture.write_text(picture(told), encoding="utf-8")


if __name__ == "__main__":
    main()
