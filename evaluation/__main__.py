"""Measures the service on a corpus: `python -m evaluation CORPUS [--part articles|wire|rewrites] [--limit N]`.

Exit 0 where every page had exactly one outcome in every run, 1 where not, 2 where the call is wrong.
"""

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from evaluation.baseline import MODES, baseline
from evaluation.command import CommandError
from evaluation.corpus import PARTS, CorpusError, Part, read_part
from evaluation.figures import Texts
from evaluation.report import report, table
from evaluation.rewrites import PART as REWRITES
from evaluation.rewrites import rewrites
from evaluation.run import run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; the exit code says whether every page was accounted for."""
    options = _options(arguments)
    try:
        with _home(options.home) as home:
            names = options.part or [*PARTS, REWRITES]
            return _evaluate([_part(name, home, options) for name in names], home, options)
    except CorpusError as error:
        _say(str(error))
        return 2
    except OSError as error:
        _say(f"{error.filename or 'a file'}: {error.strerror}")
        return 2
    except CommandError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evaluation", description=__doc__)
    parser.add_argument("corpus", type=Path, help="a folder with `articles` and `wire` in it")
    parser.add_argument(
        "--part", action="append", choices=[*PARTS, REWRITES], help="this part alone"
    )
    parser.add_argument("--limit", type=_count, help="only so many pages of each part")
    parser.add_argument("--home", type=Path, help="a folder to leave everything in")
    parser.add_argument(
        "--check-kill", action="store_true", help="a third run, killed in the middle and run again"
    )
    parser.add_argument(
        "--baseline", action="store_true", help="trafilatura alone on the same pages, beside it"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r}: allowed is a number from 1")
    return int(text)


@contextlib.contextmanager
def _home(named: Path | None) -> Iterator[Path]:
    if named:
        yield named.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="copydesk-evaluation-") as folder:
        yield Path(folder)


def _part(name: str, home: Path, options: argparse.Namespace) -> Part:
    if name != REWRITES:
        return read_part(options.corpus, name, options.limit)
    return rewrites(read_part(options.corpus, "wire", options.limit), home / "pages-of-rewrites")


def _baselines(part: Part) -> dict[str, Texts]:
    if part.name == REWRITES:
        return {}
    _say(f"{part.name}: trafilatura alone")
    return {f"trafilatura {mode}": baseline(part.pages, mode) for mode in MODES}


def _evaluate(parts: Sequence[Part], home: Path, options: argparse.Namespace) -> int:
    told, are_whole = {}, True
    for part in parts:
        runs = run(part, home, check_kill=options.check_kill, say=_say)
        told[part.name] = report(part, runs, _baselines(part) if options.baseline else {})
        are_whole &= runs.are_whole
    if options.json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        print("\n\n".join(table(name, of) for name, of in told.items()))
    return 0 if are_whole else 1


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
