"""What articles' addresses look like, told by comparing them with others."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.survey.shapes import propose

SLUGS = [
    "harbour-clock-rings-again",
    "a-new-bridge-for-the-valley",
    "council-votes-on-the-tram",
    "ferry-season-opens-early",
    "school-garden-wins-a-prize",
    "farmers-set-up-a-drying-house",
    "night-sky-reserve-declared",
    "choir-releases-recording",
    "pupils-track-a-lost-buoy",
    "market-hall-finds-its-roof",
    "vanilla-harvest-beats-forecast",
    "library-lends-tools-now",
    "river-path-open-to-walkers",
    "old-mill-turns-once-more",
]


def at(form: str, **more: list[str]) -> list[str]:
    """An address for each slug; `{n}` its number, other names by turns."""
    return [
        "https://www.example.org"
        + form.format(
            slug=slug, n=1200 + 7 * place, **{k: v[place % len(v)] for k, v in more.items()}
        )
        for place, slug in enumerate(SLUGS)
    ]


NAVIGATION = [
    f"https://www.example.org{path}"
    for path in (
        "/", "/news", "/sport", "/news/world", "/news/economy", "/about-us", "/contact", "/tag/harbour", "/privacy-policy",
        "/author/anna-b", "/newsletter", "/search", "/video/live", "/page/2", "/news?page=2", "/sport/football/",
    )
]  # fmt: skip
SECTIONS = ["world", "economy", "culture"]


@pytest.mark.parametrize(
    ("articles", "unseen"),
    [
        (at("/news/{s}/{n}-{slug}", s=SECTIONS), "/news/health/99-a-story"),
        (at("/{s}/{slug}-{n}.html", s=SECTIONS), "/health/a-quite-new-story-7654.html"),
        (at("/2026/11/{d}/{slug}/", d=["1", "20", "07"]), "/2027/01/30/a-quite-new-story/"),
        (at("/2026/{m}/{slug}", m=["nov", "dec"]), "/2027/jan/a-quite-new-story"),
        (at("/{slug}"), "/a-quite-new-story"),
        (at("/{s}/{slug}", s=SECTIONS), "/health/a-quite-new-story"),
        (at("/article/{n}"), "/article/99"),
        (at("/article.php?id={n}"), "/article.php?id=77"),
        (at("/index.php?lang=en&article_id={n}"), "/index.php?article_id=77"),
        (at("/story/{slug}_{n}"), "/story/a-story_77123"),
        (at("/news/articles/c4g0q2{n}z9o"), "/news/articles/c8r5d0m5jzpo"),
        (at("/index.php/{s}/{n}-{slug}", s=SECTIONS), "/health/99-a-story"),
    ],
)
def test_a_pattern_tells_articles_from_navigation(articles: list[str], unseen: str) -> None:
    pattern = propose(articles, NAVIGATION)

    assert pattern is not None
    assert (pattern.finds, pattern.wrong) == (len(articles), 0)
    found = re.compile(pattern.expression)
    assert found.search(f"https://www.example.org{unseen}")
    assert found.search(f"http://example.org{unseen}")
    assert not any(found.search(url) for url in NAVIGATION)
    assert not found.search(f"https://www.example.org.evil.net{unseen}")
    assert not found.search(f"https://evil.net/?u=https://www.example.org{unseen}")


@pytest.mark.parametrize(
    ("articles", "unseen"),
    [
        (at("/articles/{few}/{slug}", few=[str(n) for n in range(14)]), "/articles/12345/a-b-c-d"),
        (at("/{few}.html", few=[str(n) for n in range(14)]), "/100.html"),
        (at("/2026/{few}/{slug}", few=["1", "2"]), "/2027/12/a-b-c-d"),
        (at("/{few}/03/2026/{slug}", few=["1", "2"]), "/31/12/2027/a-b-c-d"),
    ],
)
def test_numbers_that_are_small_yet_may_grow(articles: list[str], unseen: str) -> None:
    pattern = propose(articles, NAVIGATION)
    assert pattern
    assert re.search(pattern.expression, f"https://www.example.org{unseen}")
    dated = "2026" in articles[0]
    assert (r"\d{1,2}" in pattern.expression) is dated


def test_two_forms_of_one_site_become_one_pattern() -> None:
    mixed = at("/news/{n}-{slug}") + at("/blog/{slug}.html")

    pattern = propose(mixed, NAVIGATION)

    assert pattern is not None
    assert pattern.finds == len(mixed)


def test_another_edition_of_the_same_form_is_kept_out() -> None:
    french = at("/fr/news/{s}/{n}-{slug}", s=SECTIONS)
    english = at("/en/news/{s}/{n}-{slug}", s=SECTIONS)

    pattern = propose(french, [*NAVIGATION, *english], keep="fr")

    assert pattern is not None
    assert (pattern.finds, pattern.wrong) == (len(french), 0)


def test_words_tell_where_the_form_alone_does_not() -> None:
    articles = at("/{s}/{n}", s=["news", "sport"])
    pictures = at("/{s}/{n}", s=["galleries", "profiles", "events"])

    pattern = propose(articles, [*NAVIGATION, *pictures])

    assert pattern is not None
    assert (pattern.finds, pattern.wrong) == (len(articles), 0)
    assert "(?:news|sport)" in pattern.expression


@pytest.mark.parametrize(
    ("articles", "others"),
    [
        (at("/news/{n}-{slug}")[:4], NAVIGATION),  # too few to compare
        (
            at("/{s}/{n}", s=SECTIONS),
            at("/{s}/1{n}", s=SECTIONS),
        ),  # the same in all that can be seen
        ([f"https://www.example.org/{'x' * n}" for n in range(1, 12)], NAVIGATION),  # one word each
        ([], []),
    ],
)
def test_where_nothing_separates_nothing_is_proposed(
    articles: list[str], others: list[str]
) -> None:
    assert propose(articles, others) is None


URLS = st.builds(
    "https://{}/{}".format,
    st.sampled_from(["a.org", "www.a.org", "b.net:8080"]),
    st.text(
        st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters=" #"),
        max_size=40,
    ),
)


@given(st.lists(URLS, max_size=30), st.lists(URLS, max_size=10), st.sampled_from(["", "fr", "a(b"]))
def test_whatever_addresses_there_are_a_pattern_keeps_its_word(
    articles: list[str], others: list[str], keep: str
) -> None:
    pattern = propose(articles, others, keep)

    if pattern:
        found = re.compile(pattern.expression)
        assert pattern.finds == sum(1 for url in dict.fromkeys(articles) if found.search(url))
        assert pattern.wrong == sum(1 for url in dict.fromkeys(others) if found.search(url))
        assert pattern.finds >= 0.9 * pattern.articles


@pytest.mark.timeout(30)  # a pattern that tries again and again takes far longer
@pytest.mark.parametrize("tail", ["-" * 2000, "a-" * 1000, "/-" * 1000, "1-" * 1000, "_a" * 1000])
def test_no_address_holds_a_pattern_up(tail: str) -> None:
    for form in ("/{slug}", "/{s}/{slug}-{n}.html", "/{n}-{slug}", "/story/{slug}_{n}"):
        pattern = propose(at(form, s=SECTIONS), NAVIGATION)
        assert pattern is not None
        assert not re.search(pattern.expression, f"https://other.example.org/a/{tail}")
        re.search(pattern.expression, f"https://www.example.org/a/{tail}")
