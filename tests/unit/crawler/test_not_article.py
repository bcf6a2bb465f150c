from datetime import UTC, datetime

import pytest

from crawler.extraction.extract import extract
from crawler.page import Article, Page, Rejection

FETCHED = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
URL = "https://www.example.org/fr/noticias"
HEADLINES = [
    "Le port de la capitale rouvre après trois semaines de travaux",
    "La récolte de café dépasse les prévisions dans les montagnes",
    "Un séisme de faible intensité ressenti au large de la côte sud",
    "Les enseignants obtiennent une hausse de salaire dès septembre",
    "Le festival de cinéma annonce une sélection de quarante films",
    "La compagnie nationale reprend ses vols vers trois îles voisines",
    "Une exposition retrace un siècle d’affiches de théâtre populaire",
    "Le ministère présente un plan pour économiser l’eau potable",
]
TEXT = (
    "Les premiers navires ont accosté mardi matin, sous les applaudissements des dockers réunis "
    "sur le quai principal. Le détail numéro {} est donné dans la suite de cette page."
)


def found(
    body: str, title: str = "Actualités - Radio Exemple", head: str = "", url: str = URL
) -> str:
    """The reason of the rejection, or `article`."""
    text = (
        f'<html lang="fr"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>'
        f'<nav><a href="/">Accueil</a> <a href="/sport">Sport</a></nav>{body}'
        "<footer>Radio Exemple, tous droits réservés</footer></body></html>"
    )
    result = extract(Page(url, url, 200, FETCHED, "text/html", "", text.encode()))
    assert isinstance(result, Article | Rejection)
    return result.reason if isinstance(result, Rejection) else "article"


def each(template: str, around: str = "{}") -> str:
    """A listing of eight pages; in the template `i`, `h` and `t` are number, headline, text."""
    rows = enumerate(HEADLINES)
    return around.format("".join(template.format(i=i, h=h, t=TEXT.format(i)) for i, h in rows))


LISTINGS = {
    "blocks with a headline, an excerpt and a link to more": each(
        "<div class=section_block><h5 class=title_article><a href='/{i}'>{h}</a></h5>"
        "<p class=excerpt>{t} <a class=more href='/{i}'>Lire la suite</a></p></div>",
        "<div id=content>{}</div>",
    ),
    "articles with an excerpt": each(
        "<article><header><h2><a href='/{i}'>{h}</a></h2></header><p>{t}</p></article>",
        "<main id=main>{}</main>",
    ),
    "whole stories one after another": each(
        "<article><h2><a href='/{i}'>{h}</a></h2><p>{t} {t}</p><p>{t} {t} {t}</p></article>",
        "<main id=main>{}</main>",
    ),
    "a bare list": each("<li><a href='/{i}'>{h}</a></li>", "<h1>Actualités</h1><ul>{}</ul>"),
    "a list with dates": each(
        "<li><a href='/{i}'>{h}</a> <span>2026-01-0{i}</span></li>", "<div class=content><ul>{}</ul></div>"
    ),
    "headings and excerpts side by side": each(
        "<h3><a href='/{i}'>{h}</a></h3><p>{t}</p>", "<div class=content>{}</div>"
    ),
    "links around whole cards": each(
        "<a href='/{i}'><h3>{h}</h3><p>{t}</p></a>", "<div class=grid>{}</div>"
    ),
    "paragraphs that begin with their headline": each(
        "<p><a href='/{i}'>{h}</a> - {t}</p>", "<div class=content>{}</div>"
    ),
    "excerpts that break off": each(
        "<div><p>{t}... Lire la suite</p></div>", "<div class=content>{}</div>"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_is_never_a_document(name: str) -> None:
    assert found(LISTINGS[name]) == "listing"


PROSE = "".join(
    f"<p>{TEXT.format(i)} Il a ajouté que les travaux se poursuivront.</p>" for i in range(6)
)
RELATED = each(
    "<div><h3><a href='/{i}'>{h}</a></h3><p>{t}</p></div>", "<div class=related>{}</div>"
)
ARTICLES = {
    "with related stories beneath": f"<article><h1>{HEADLINES[0]}</h1>{PROSE}</article>{RELATED}",
    "with related stories inside": f"<div id=content><h1>{HEADLINES[0]}</h1>{PROSE}{RELATED}</div>",
    "whose headline links to itself": f"<div class=post><h1><a href='{URL}'>{HEADLINES[0]}</a></h1>{PROSE}</div>",
    "with links to other stories between": f"<article><h1>{HEADLINES[0]}</h1>"
    + "".join(
        f"<p>{TEXT.format(i)}</p><p><a href='/{i}'>Lire aussi : {headline}</a></p>"
        for i, headline in enumerate(HEADLINES)
    ),
    "with subheadings": f"<article><h1>{HEADLINES[0]}</h1>"
    + "".join(f"<h2>{headline}</h2><p>{TEXT.format(i)}</p>" for i, headline in enumerate(HEADLINES)),
    "of entries that link to themselves": f"<article><h1>{HEADLINES[0]}</h1>"
    + "".join(
        f"<div><h2><a href='#entry-{i}'>{headline}</a></h2><p>{TEXT.format(i)}</p></div>"
        for i, headline in enumerate(HEADLINES)
    ),
    "with links in its sentences": f"<article><h1>{HEADLINES[0]}</h1>"
    + "".join(f"<p>{TEXT.format(i)} <a href='/{i}'>Voir le rapport du ministère</a>.</p>" for i in range(8)),
    "with sentences that trail off": f"<article><h1>{HEADLINES[0]}</h1>"
    + "".join(f"<p>{TEXT.format(i)}..</p>" for i in range(8)),
}  # fmt: skip


@pytest.mark.parametrize("name", ARTICLES)
def test_an_article_is_no_listing(name: str) -> None:
    assert found(ARTICLES[name], title=f"{HEADLINES[0]} - Radio Exemple") == "article"


def test_teasers_inside_an_article_are_left_out_of_it() -> None:
    body = f"<html><body>{ARTICLES['with related stories inside']}</body></html>"
    result = extract(Page(URL, URL, 200, FETCHED, "text/html; charset=utf-8", "", body.encode()))
    assert isinstance(result, Article)
    assert not any(headline in result.body for headline in HEADLINES[1:])


def test_json_ld_that_names_one_article_is_believed() -> None:
    sign = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Dix idées"}</script>'
    assert found(LISTINGS["headings and excerpts side by side"], head=sign) == "article"


PRIVACY = (
    "<h1>We value your privacy</h1><p>We and our partners use cookies to show ads. You may consent "
    "to the use of cookies by our partners or manage your privacy choices.</p><button>Yes</button>"
)


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("Just a moment...", "<div id=cf-challenge>Checking your browser before you go on.</div>", "challenge"),
        ("Attention Required!", "<form id=challenge-form>Please complete the security check</form>", "challenge"),
        ("example.org", "<p>Please verify you are a human</p><div class=g-recaptcha></div>", "challenge"),
        ("Access Denied", "<p>You don't have permission to access this. Reference 18.2f</p>", "challenge"),
        ("Page not found", "<h1>Oops!</h1><p>The page that you were looking for is not here.</p>", "soft-404"),
        ("404 - Radio Exemple", f"<p>{TEXT}</p>", "soft-404"),
        ("Radio Exemple", "<h1>Page introuvable</h1><p>Le lien est peut-être ancien.</p>", "soft-404"),
        ("Página no encontrada", "<p>Lo sentimos.</p>", "soft-404"),
        ("Страница не найдена", "<p>Проверьте адрес.</p>", "soft-404"),
        ("页面不存在", "<p>请检查地址。</p>", "soft-404"),
        (
            "Before you continue",
            PRIVACY,
            "consent",
        ),
        ("Log in", "<form><p>Sign in to read on</p><input name=u><input type=password></form>", "login"),
        ("Connexion", f"<p>{TEXT}</p><form><input type=password></form>", "login"),
        ("Radio Exemple", "<p>Aucun article.</p>", "too-short"),
    ],
)  # fmt: skip
def test_what_stands_instead_of_an_article(title: str, body: str, expected: str) -> None:
    assert found(body, title) == expected


@pytest.mark.parametrize(
    "title",
    [
        "Boy, 9, still not found after three days",
        "Error 404: how a number became a joke",
        "Sign in or stay out: the new rules on passwords",
        "Cookies, consent and privacy: what the new law says",
        "Are you a robot? The test that fools everyone",
        "Access denied: villagers fight for a path",
    ],
)
def test_an_article_about_such_pages_is_one(title: str) -> None:
    login = "<form><input name=u><input type=password></form>"
    prose = "".join(f"<p>{title}. {TEXT.format(i)}</p>" for i in range(9))
    assert found(f"{login}<article><h1>{title}</h1>{prose}</article>", title) == "article"


@pytest.mark.parametrize(
    "title", ["Boy, 9, still not found after three days", "Visite introuvable du ministre"]
)
def test_a_short_article_about_something_not_found_is_one(title: str) -> None:
    prose = f"<p>{TEXT.format(1)}</p><p>{TEXT.format(2)}</p>"
    assert found(f"<article><h1>{title}</h1>{prose}</article>", title) == "article"
