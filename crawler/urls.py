"""URLs: how one is written, which site it is on, and under which key it is known.

Everything below `printed_url` takes URLs in printed form, and answers for any text without raising.
"""

import re
from collections.abc import Collection

from ada_url import URL

MAX_LENGTH = 2_048

# The one list of parameters that say where a reader came from, not what is read.
_TRACKING = """
    utm_* mtm_* matomo_* pk_* piwik_* at_* ns_mchannel ns_source ns_campaign ns_linkname ns_fee
    fbclid fb_action_ids fb_action_types fb_ref fb_source gclid gclsrc dclid gbraid wbraid _ga _gl
    msclkid yclid ysclid ymclid twclid ttclid igsh igshid li_fat_id epik srsltid
    mc_cid mc_eid mkt_tok vero_id vero_conv oly_anon_id oly_enc_id wickedid _hsenc _hsmi hsctatracking
    xtor wt_mc wtrid ocid cmpid ncid ito srcref mbid __twitter_impression
    guccounter guce_referrer guce_referrer_sig
"""
_SESSION = "phpsessid jsessionid aspsessionid* cfid cftoken"
_OTHER_FORM = {"amp", "outputtype=amp", "print", "printable=1"} | {
    f"{name}={value}"
    for names, values in (("amp print", "1 true yes y"), ("output format view", "amp print"))
    for name in names.split()
    for value in values.split()
}


def _any_of(names: str) -> re.Pattern[str]:
    """A pattern for one whole name of a list, a `*` standing for the rest of it."""
    return re.compile("|".join(re.escape(name).replace(r"\*", ".*") for name in names.split()))


_TRACKING_NAME = _any_of(_TRACKING)
_SESSION_NAME = _any_of(_SESSION)
_HEX_SESSION = re.compile(r"sid=[0-9a-f]{16,}", re.IGNORECASE)

_OTHER_FORM_HOST = re.compile(r"(?:m|mobile|amp)\.(?=[^.]+\.[^.]+$)")
# Below these a country sells its names, so that `m.co.uk` is a site of its own.
_SOLD_BELOW = re.compile(r"(?:ac|co|com|edu|gob|gouv|gov|ne|net|nom|or|org)\.[a-z]{2}")
# What of a path is not the article's: empty segments, `index.php`, sessions (`;jsessionid=A1` of Java,
# `/(S(a1b2))/` of ASP.NET), and its forms.
_INCIDENTAL_IN_PATH = re.compile(
    r"/(?=/|$)|/index\.php(?=/|$)|;jsessionid=[^/;]*|/\((?:[a-z]\([^()/]*\))+\)(?=/)"
    r"|^/amp(?=/.)|\.amp(?=\.html?$|$)|/(?:amp|print|index\.html?)$",
    re.IGNORECASE,
)

# `example.org/news`, and not a mere word.
_NAMES_A_HOST = re.compile(
    r"(?://)?(?:\[|localhost\b|[^/?#\s]*[^/?#\s.]\.[^/?#\s.])", re.IGNORECASE
)
_EMPTY_SEGMENTS = re.compile(r"(?<=[^:/])/{2,}")
_FINAL_DOT = re.compile(r"\.(?=$|:)")
_PORT = re.compile(r":\d*$")
_ESCAPE = re.compile(r"%(?:[0-9A-Fa-f]{2})?")
# Escaped and plain, these say the same; all others in a path or a query may not.
_SAME_ESCAPED = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!\"$'()*,:;<>@[]^`{|}"
)
_SAME_ESCAPED_IN_PATH = _SAME_ESCAPED | frozenset("&+=")


def printed_url(url: str, base: str | None = None) -> str | None:
    """The form in which a URL is written, resolved against `base`; None where there is none.

    Serialised as WHATWG does, less fragment and tracking parameters; what is left keeps its order
    and its bytes. There is none for schemes other than http and https, for user names and
    passwords, and above 2,048 characters.
    """
    try:
        href = URL(url, base).href
    except (ValueError, UnicodeError):
        return None
    scheme, _, rest = href.partition("://")
    if scheme not in ("http", "https") or "@" in rest.partition("/")[0]:
        return None
    address, _, query = href.partition("#")[0].partition("?")
    query = "&".join(part for part in query.split("&") if not _is_tracking(part))
    printed = f"{address}?{query}" if query else address
    return printed if len(printed) <= MAX_LENGTH else None


def typed_url(text: str) -> str | None:
    """The printed form of an address as a person types it, who leaves `https://` out; None for what is none."""
    text = text.strip()
    if "://" in text:
        return printed_url(text)
    return printed_url(f"https://{text.removeprefix('//')}") if _NAMES_A_HOST.match(text) else None


def _is_tracking(parameter: str) -> bool:
    # Feeds escape their ampersands twice, and then a name begins with what is left of one.
    return _TRACKING_NAME.fullmatch(_name(parameter).removeprefix("amp;")) is not None


def _name(parameter: str) -> str:
    return parameter.partition("=")[0].lower()


def _split(url: str) -> tuple[str, str, str]:
    """Host with port, path, and query of a printed URL."""
    address, _, query = url.partition("://")[2].partition("?")
    host, slash, path = address.partition("/")
    return host, slash + path, query


def host_of(url: str) -> str:
    """The host as the URL has it, without a port."""
    return _PORT.sub("", _split(url)[0])


def authority(url: str) -> str:
    """Host in lower case without `www.`, and the port where it is not the scheme's own.

    One site, as far as politeness and `same_site` go: `radiohc.cu`, `127.0.0.1:8080`.
    """
    return _split(url)[0].lower().removeprefix("www.")


def same_site(url: str, authorities: Collection[str]) -> bool:
    """Whether a URL is on one of these, given as `authority` writes them."""
    return authority(url) in authorities


def url_key(url: str) -> str:
    """The key under which a printed URL is known: equal for the addresses of one article.

    Scheme, `www.`, `index.php`, empty segments and a final slash, order of parameters, session ids,
    and the forms for telephones, AMP and paper make no difference; an id in the query does. Never
    printed.
    """
    _, path, query = _split(url)
    address = _key_host(authority(url)) + _key_path(path)
    parameters = (_plain_escapes(part, _SAME_ESCAPED) for part in query.split("&"))
    kept = sorted(part for part in parameters if part and not _is_incidental(part))
    return f"{address}?{'&'.join(kept)}" if kept else address


def without_empty_segments(url: str) -> str:
    """A printed URL whose path has no empty segments, which many sites write by mistake: `//news/1` is `/news/1`."""
    address, mark, query = url.partition("?")
    return _EMPTY_SEGMENTS.sub("/", address) + mark + query


def _key_host(host: str) -> str:
    host = _FINAL_DOT.sub("", host)
    rest = _OTHER_FORM_HOST.sub("", host, count=1)
    return host if _SOLD_BELOW.fullmatch(rest) else rest


def _key_path(path: str) -> str:
    path = _plain_escapes(path, _SAME_ESCAPED_IN_PATH)
    # What goes may lay open more of it: `/a/print/amp/`.
    while (own := _INCIDENTAL_IN_PATH.sub("", path)) != path:
        path = own
    return path


def _is_incidental(parameter: str) -> bool:
    return (
        _SESSION_NAME.fullmatch(_name(parameter)) is not None
        or _HEX_SESSION.fullmatch(parameter) is not None
        or parameter.lower() in _OTHER_FORM
    )


def _plain_escapes(text: str, same: frozenset[str]) -> str:
    def plain(escape: re.Match[str]) -> str:
        if escape[0] == "%":
            return "%25"
        character = chr(int(escape[0][1:], 16))
        return character if character in same else escape[0].upper()

    return _ESCAPE.sub(plain, text)
