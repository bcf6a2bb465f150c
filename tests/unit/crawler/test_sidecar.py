"""The JSON beside a document."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.document import Sidecar

KEYS = (
    "schema id outcome url title site_name source layout language authors published modified fetched "
    "supersedes duplicate_of similarity partial rights extractor page_sha256"
)
MADE = Sidecar(
    id="b8cf8cd10981ff62",
    outcome="new",
    url="https://www.example.org/fr/1",
    title="L’été",
    site_name="Radio Exemple",
    source="exemple-fr",
    layout="titled",
    language="fr",
    authors=("A. Nom", "B. Nom"),
    published="2021-12-16T09:12:00-05:00",
    modified=None,
    fetched="2026-11-21T20:38:19Z",
    rights={"licence": "CC BY"},
    extractor={"name": "trafilatura", "version": "2.3.1", "rules": 0},
    page_sha256="0" * 64,
)
# What a sidecar holds is free of lone surrogates: every field was one line of text before.
words = st.text(st.characters(exclude_categories=["Cs"]))
maybe = st.none() | words
sidecars = st.builds(
    Sidecar, schema=st.just(1), id=words, outcome=words, url=words, title=maybe, site_name=words,
    source=words, layout=words, language=maybe, authors=st.lists(words).map(tuple), published=maybe,
    modified=maybe, fetched=words, supersedes=maybe, duplicate_of=maybe,
    similarity=st.none() | st.integers(0, 1000).map(lambda n: n / 1000), partial=st.booleans(),
    rights=st.dictionaries(words, words),
    extractor=st.dictionaries(words, words | st.integers(0, 9)), page_sha256=words,
)  # fmt: skip


def test_the_keys_and_their_order() -> None:
    assert " ".join(json.loads(MADE.to_json())) == KEYS


def test_the_text_to_the_byte() -> None:
    assert (
        MADE.to_json().encode()
        == (
            '{"schema": 1, "id": "b8cf8cd10981ff62", "outcome": "new", '
            '"url": "https://www.example.org/fr/1", "title": "L’été", "site_name": "Radio Exemple", '
            '"source": "exemple-fr", "layout": "titled", "language": "fr", '
            '"authors": ["A. Nom", "B. Nom"], "published": "2021-12-16T09:12:00-05:00", '
            '"modified": null, "fetched": "2026-11-21T20:38:19Z", "supersedes": null, '
            '"duplicate_of": null, "similarity": null, "partial": false, "rights": {"licence": "CC BY"}, '
            '"extractor": {"name": "trafilatura", "version": "2.3.1", "rules": 0}, '
            f'"page_sha256": "{"0" * 64}"}}\n'
        ).encode()
    )


@given(sidecars)
def test_reading_is_the_inverse_of_writing(sidecar: Sidecar) -> None:
    assert Sidecar.from_json(sidecar.to_json()) == sidecar
    assert Sidecar.from_json(sidecar.to_json().encode()) == sidecar
    assert sidecar.to_json().count("\n") == 1


def _without(*names: str, **changed: Any) -> str:
    values = dataclasses.asdict(MADE) | changed
    return json.dumps({name: value for name, value in values.items() if name not in names})


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "1", "{}", _without("schema"), _without(schema=2), _without("authors"),
     _without("id"), _without("page_sha256"), _without(authors=None)],
)  # fmt: skip
def test_what_is_no_sidecar_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"sidecar|Expecting"):
        Sidecar.from_json(text)


def test_what_a_later_release_of_the_same_schema_says_beside_is_passed_by() -> None:
    assert Sidecar.from_json(_without(more=1)) == MADE


def test_a_later_schema_is_told_with_its_number() -> None:
    with pytest.raises(
        ValueError, match="sidecar of schema 7, of a later release; this one reads 1"
    ):
        Sidecar.from_json(_without(schema=7))
