"""What is remembered of a listing from one walk to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.discovery.hints import SAYS_NOTHING, Hints
from crawler.discovery.listing import ListingKind
from crawler.walking.continuity import NO_MEMORY, Memory
from crawler.walking.health import NO_HEALTH, Health


@dataclass(frozen=True, slots=True)
class ListingState:
    """What a walk remembers of a listing, so that the next one asks conditionally."""

    kind: ListingKind
    etag: str = ""
    last_modified: str = ""
    sha256: str = ""
    """Of the body: ETags lie."""
    found: bool = False
    """Found from the source's start, not named by its settings."""
    children: Mapping[str, str] = field(default_factory=dict)
    """Of a sitemap index: each child's `lastmod` as it stood."""
    hints: Hints = SAYS_NOTHING
    """What its body says of when to ask again: a 304 brings none."""
    memory: Memory = NO_MEMORY
    """What it named, and up to when nothing was missed."""
    health: Health = NO_HEALTH
    """How it has done so far."""
    stands_in: bool = False
    """Found in place of a listing that fails or has fallen: left again when that one is well."""
    after: float = 0.0
    """Unix seconds: what a listing that stands in names as older than this is not wanted."""
    is_aside: bool = False
    """A page that is not read, and was only looked at, to see later what came anew."""
    is_outdated: bool = False
    """It was read under other settings: nothing but its memory holds."""
