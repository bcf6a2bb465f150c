import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.schedule import Crontab, Every
from config.sources import Source, SourcesError, load_sources

SHIPPED = Path(__file__).parents[3] / "config" / "sources.toml"

EVERY_FIELD = r"""
[[source]]
name = "radiohc-fr"
site_name = "Radio Habana Cuba"
language = "fr"
start = "https://www.radiohc.cu/fr"
feeds = []
sitemaps = []
sections = ["https://www.radiohc.cu/fr/noticias/internacionales"]
article_urls = '/noticias/[a-z]+/\d+-'
hosts = ["Bücher.example", "127.0.0.1:8000"]
schedule = "*/30 * * * *"
timezone = "America/Havana"
adaptive = true
every_min = "10m"
every_max = "2d"
layout = "titled"
near_duplicates = "drop"
revisit = ["1h", "6h", "1d"]
delay = 2
max_pages = 200
render = false
body = "div.text > p"
drop = ["aside.box", ".share"]
parser = ""
allow_private = false
enabled = true
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sources.toml"


def errors_of(file: Path, content: str | bytes) -> list[str]:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SourcesError) as caught:
        load_sources(file)
    return str(caught.value).splitlines()


def source_with(line: str, name: str = "a") -> str:
    return f'[[source]]\nname = "{name}"\nstart = "https://example.org/"\n{line}\n'


def test_every_field_is_read(file: Path) -> None:
    file.write_text(EVERY_FIELD, encoding="utf-8")
    [source] = load_sources(file)
    assert source == Source(
        name="radiohc-fr",
        site_name="Radio Habana Cuba",
        language="fr",
        start="https://www.radiohc.cu/fr",
        sections=("https://www.radiohc.cu/fr/noticias/internacionales",),
        article_urls=r"/noticias/[a-z]+/\d+-",
        hosts=("xn--bcher-kva.example", "127.0.0.1:8000"),
        schedule="*/30 * * * *",
        timezone="America/Havana",
        every_min="10m",
        every_max="2d",
        body="div.text > p",
        drop=("aside.box", ".share"),
        parser="",
    )
    assert source.timing == Crontab("*/30 * * * *", "America/Havana")
    assert (source.every_min, source.every_max) == (600, 172800)
    assert source.revisit == (3600, 21600, 86400)
    assert set(Source.model_fields) == set(re.findall(r"^(\w+) =", EVERY_FIELD, re.MULTILINE))


def test_a_name_and_a_place_are_enough(file: Path) -> None:
    file.write_text('[[source]]\nname = "a"\nfeeds = ["http://example.org/rss.xml"]\n')
    [source] = load_sources(file)
    assert source.timing == Every(1800)
    assert (source.layout, source.near_duplicates, source.delay, source.max_pages) == (
        "titled", "drop", 2.0, 200,
    )  # fmt: skip
    assert source.enabled
    assert source.adaptive
    assert not source.allow_private


def test_the_shipped_file_has_radio_habana_cuba_in_three_languages_and_examples() -> None:
    sources = load_sources(SHIPPED)
    enabled = [source for source in sources if source.enabled]
    assert [source.language for source in enabled] == ["fr", "es", "en"]
    assert {source.site_name for source in enabled} == {"Radio Habana Cuba"}
    assert len(sources) == 5


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("/fr/noticias/internacionales/280005-poutine-souhaite-des-negociations", "fr"),
        ("/index.php/fr/especiales/comentarios/1-a", "fr"),
        ("/noticias/nacionales/158001-embajador-de-japon", "es"),
        ("/interesantes/caleidoscopio/157916-cuevas-(+-foto)", "es"),
        ("/en/noticias/deportes/12-a", "en"),
    ],
)
@pytest.mark.parametrize("host", ["https://www.radiohc.cu", "http://radiohc.cu"])
def test_an_article_of_radio_habana_cuba_belongs_to_one_edition(
    host: str, path: str, language: str
) -> None:
    sources = [source for source in load_sources(SHIPPED) if source.enabled]
    owners = [s.language for s in sources if re.search(s.article_urls, host + path)]
    assert owners == [language]


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "\ufeff", "source = []"])
def test_a_file_without_a_source_is_valid(file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8")
    assert load_sources(file) == ()


@pytest.mark.parametrize(
    ("line", "field", "value", "allowed"),
    [
        ("language = 'french'", "language", '"french"', "two or three small letters"),
        ("feeds = ['https://a.org/', 'ftp://a.org/']", "feeds", '"ftp://a.org/"', "https://"),
        (
            "feeds = ['https://me:pw@a.org/']",
            "feeds",
            '"https://me:pw@a.org/"',
            "without a password",
        ),
        ("feeds = 'https://a.org/'", "feeds", '"https://a.org/"', "a list in brackets"),
        ("sitemaps = ['sitemap.xml']", "sitemaps", '"sitemap.xml"', "https://"),
        ("sections = ['http://']", "sections", '"http://"', "https://"),
        ("sections = [3]", "sections", "3", "text in quotes"),
        ("article_urls = '(('", "article_urls", '"(("', "a regular expression"),
        ("hosts = ['http://a.org/']", "hosts", '"http://a.org/"', "a host alone"),
        ("hosts = ['me:pw@a.org']", "hosts", '"me:pw@a.org"', "a host alone"),
        ("schedule = 'hourly'", "schedule", '"hourly"', "every 30m"),
        ("timezone = 'Mars/Base'", "timezone", '"Mars/Base"', "America/Havana"),
        ("every_min = 5", "every_min", "5", "such as 30m"),
        ("every_max = '5 minutes'", "every_max", '"5 minutes"', "such as 30m"),
        ("adaptive = 'yes'", "adaptive", '"yes"', "true or false"),
        ("body = 'div['", "body", '"div["', "a CSS selector, such as"),
        ("body = 'p::text'", "body", '"p::text"', "a CSS selector, such as"),
        ("body = 'a|b'", "body", '"a|b"', "a CSS selector, such as"),
        ("drop = ['.ad', '..']", "drop", '".."', "a CSS selector, such as"),
        ("drop = ['']", "drop", '""', "a CSS selector, such as"),
        ("drop = '.ad'", "drop", '".ad"', "a list in brackets"),
        ("layout = 'fancy'", "layout", '"fancy"', "'titled' or 'plain'"),
        ("near_duplicates = ''", "near_duplicates", '""', "'drop' or 'keep'"),
        ("revisit = ['1h', '6x']", "revisit", '"6x"', "such as 30m"),
        ("delay = -0.5", "delay", "-0.5", "greater than or equal to 0"),
        ("delay = inf", "delay", "Infinity", "a finite number"),
        ("delay = true", "delay", "true", "a number"),
        ("max_pages = 0", "max_pages", "0", "greater than or equal to 1"),
        ("max_pages = 2.5", "max_pages", "2.5", "a whole number"),
        ("parser = 'parsers.a'", "parser", '"parsers.a"', '"module:function"'),
        ("render = 'yes'", "render", '"yes"', "true or false"),
        ("enabled = 1", "enabled", "1", "true or false"),
        ("site_name = 2026-01-01", "site_name", '"2026-01-01"', "text in quotes"),
    ],
)
def test_a_bad_value_is_named_with_source_field_and_what_is_allowed(
    file: Path, line: str, field: str, value: str, allowed: str
) -> None:
    [error] = errors_of(file, source_with(line))
    assert error.startswith(f'{file}: source "a", {field} = {value}: allowed is ')
    assert allowed in error


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a b", "a/b", "é", "a" * 101, "a\\n"])
def test_a_name_has_small_letters_digits_and_hyphens(file: Path, name: str) -> None:
    [error] = errors_of(file, source_with("", name))
    assert ", name = " in error
    assert "allowed are a-z, 0-9 and -" in error


def test_a_source_without_a_name_is_known_by_its_number(file: Path) -> None:
    [error] = errors_of(file, source_with("") + '[[source]]\nstart = "https://example.org/"\n')
    assert error == f"{file}: source number 2, name is missing: every source needs one"


def test_a_name_is_used_once(file: Path) -> None:
    [error] = errors_of(file, source_with("") + source_with("", "b") + source_with(""))
    assert error == f'{file}: source "a", name: used twice; allowed is a name of its own'


def test_a_place_is_needed(file: Path) -> None:
    [error] = errors_of(file, '[[source]]\nname = "a"\n')
    assert error.startswith(f'{file}: source "a", start is missing')


def test_the_least_interval_is_not_over_the_longest(file: Path) -> None:
    [error] = errors_of(file, source_with("every_min = '2d'"))
    assert error.endswith('source "a", every_min = 172800s: allowed is at most every_max, 86400s')


@pytest.mark.parametrize(
    ("line", "end"),
    [
        ("scedule = 'every 1h'", "scedule: there is no such field, did you mean schedule?"),
        ("colour = 'red'", "colour: there is no such field"),
        ("[source.feeds_]", "feeds_: there is no such field, did you mean feeds?"),
    ],
)
def test_an_unknown_field_is_named_with_the_nearest_known_one(
    file: Path, line: str, end: str
) -> None:
    [error] = errors_of(file, source_with(line))
    assert error == f'{file}: source "a", {end}'


def test_all_that_is_wrong_is_said_at_once_a_line_each(file: Path) -> None:
    errors = errors_of(
        file, source_with("delay = -1\nlayout = 'x'") + source_with("max_pages = 0", "b")
    )
    assert len(errors) == 3
    assert ['"a"' in errors[0], '"a"' in errors[1], '"b"' in errors[2]] == [True] * 3


def test_a_long_or_hostile_value_stays_on_a_short_line(file: Path) -> None:
    [error] = errors_of(file, source_with(r'language = "' + r"x\n\u001b[2J\u2028" * 1000 + '"'))
    assert error.isprintable()
    assert len(error) < 300


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[[source]]\nname = 'a", "end of document"),
        ("[[source]]\nname = 'a\nlayout = 'plain'", "line 2, column 10"),
        ("[[source]]\nname 'a'", "line 2, column 6"),
        (b"[[source]]\nname = 'caf\xe9'", "line 2 is not UTF-8"),
        ("a = " + "[" * 100_000, "nested too deeply"),
        ("a = " + "9" * 5000, "not valid TOML"),
        ("[source]\nname = 'a'", "with two brackets"),
        ("source = ['a']", "with two brackets"),
        ("[[sources]]\nname = 'a'", "did you mean source?"),
        ("name = 'a'", "allowed is [[source]] alone"),
    ],
)
def test_a_file_of_another_form_is_one_error(file: Path, content: str | bytes, says: str) -> None:
    [error] = errors_of(file, content)
    assert error.startswith(f"{file}: ")
    assert says in error


def test_a_file_that_is_not_there_or_a_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourcesError, match=r"no such file; .*COPYDESK_SOURCES"):
        load_sources(tmp_path / "none.toml")
    with pytest.raises(SourcesError, match=r"folder; .*COPYDESK_SOURCES"):
        load_sources(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(SourcesError, match="cannot be read"):
        load_sources(tmp_path / "file" / "sources.toml")


durations = st.tuples(st.integers(1, 366), st.sampled_from("smhd")).map("{0[0]}{0[1]}".format)
addresses = st.sampled_from(
    ["http://example.org", "https://b.example:8443/ü x?q=“a”", "http://[::1]:1"]
)


@st.composite
def sources(draw: st.DrawFn) -> Source:
    fields: dict[str, Any] = {
        "name": draw(st.from_regex("[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)),
        "site_name": draw(st.text()),
        "start": draw(addresses),
        "feeds": draw(st.lists(addresses)),
        "hosts": draw(st.lists(st.sampled_from(["a.example", "Ü.example:81", "[::1]:8000"]))),
        "schedule": draw(durations.map("every {}".format) | st.just("5 4 * * sun")),
        "revisit": draw(st.lists(durations)),
        "every_min": draw(st.integers(1, 59).map("{}s".format)),
        "delay": draw(st.floats(0, 1e9)),
        "max_pages": draw(st.integers(1, 10**9)),
        "allow_private": draw(st.booleans()),
    }
    return Source.model_validate(fields)


@given(sources())
def test_a_source_survives_a_message(source: Source) -> None:
    message = json.dumps(source.model_dump(mode="json"))
    assert Source.model_validate(json.loads(message)) == source
    assert Source.model_validate_json(source.model_dump_json()) == source


def test_a_source_does_not_change() -> None:
    with pytest.raises(ValidationError):
        Source(name="a", start="https://example.org/").name = "b"
