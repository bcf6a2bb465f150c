"""The network, and the sites: do names resolve, do hosts answer, does robots.txt allow what is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

from cli.checks.finding import Finding, Verdict, ok, warning, wrong
from config.settings import Settings
from config.sources import Source
from crawler.authorities import named_urls
from crawler.urls import authority

if TYPE_CHECKING:
    from crawler.robots_look import HostAnswer

_SECONDS = 15
_MOST = 200
_SKEW_SECONDS = 60.0


def of_sites(settings: Settings, sources: Sequence[Source]) -> Iterator[Finding]:
    """Each host is asked for its robots.txt, once, past the guard for addresses, as a crawl asks."""
    from crawler.robots_look import look_at_hosts  # noqa: PLC0415 - Scrapy takes a second to load

    private = settings.allow_private
    asked = [s.model_copy(update={"allow_private": s.allow_private or private}) for s in sources]
    answers = look_at_hosts(asked[:_MOST], settings.user_agent, _SECONDS)
    network = of_network(answers)
    yield network
    yield from of_web_clock(answers)
    for source in asked[:_MOST]:
        yield of_source(
            source, answers, settings.user_agent, is_cut_off=network.verdict is Verdict.WRONG
        )
    if len(sources) > _MOST:
        told = f"{len(sources) - _MOST} more were not asked"
        yield warning("sites", told, "`copydesk doctor --source NAME` asks one")


def of_network(answers: Mapping[str, "HostAnswer"]) -> Finding:
    """What all of them together say of the way to them."""
    unnamed = [host for host, one in answers.items() if one.reason == "no-such-host"]
    answering = [host for host, one in answers.items() if _answered(one)]
    if answers and len(unnamed) == len(answers):
        told = "no name resolves"
        return wrong("network", told, "is there a network, and a name server for this machine?")
    if answers and not answering:
        told = "names resolve, and no host answers"
        return wrong("network", told, "is there a way out? Copydesk goes by no proxy")
    return ok("network", f"{len(answering)} of {len(answers)} hosts answer")


def _answered(answer: "HostAnswer") -> bool:
    """Whether anything came back, be it a refusal."""
    return not answer.problem or answer.reason.startswith(("http-", "challenge"))


def of_web_clock(answers: Mapping[str, "HostAnswer"]) -> Iterator[Finding]:
    """Our clock beside those of the sites: half of them are not wrong together."""
    ahead = [one.ahead for one in answers.values() if one.ahead is not None]
    skew = median(ahead) if ahead else 0.0
    if abs(skew) > _SKEW_SECONDS:
        told = f"it differs from those of {len(ahead)} sites by {abs(skew):.0f} s"
        yield warning("clock", told, "set it by NTP: days and times of documents are its")


def of_source(
    source: Source,
    answers: Mapping[str, "HostAnswer"],
    user_agent: str,
    *,
    is_cut_off: bool = False,
) -> Finding:
    """Whether a source can be crawled; where nothing could be reached, its address may be right all the same."""
    from crawler.robots_look import allowed  # noqa: PLC0415 - as above

    name = f"site {source.name}"
    hosts = dict.fromkeys(authority(url) for url in named_urls(source))
    problems = [answers[host] for host in hosts if answers[host].problem]
    if problems:
        first = problems[0]
        if first.reason in {"no-such-host", "refused-address"}:
            mend = "mend the address in the sources file"
            first_of_all = "see to the network first; else " if is_cut_off else ""
            return wrong(name, first.problem, first_of_all + mend)
        advice = "look at it in a browser; the service tries again by itself"
        return warning(name, first.problem, advice)
    rules = allowed(source, answers, user_agent)
    if rules.forbidden:
        told = f"robots.txt asks not to read {', '.join(rules.forbidden)}"
        return wrong(name, told, "leave it out of the sources file, or ask the site")
    slow = f", with {rules.delay:g} s between two requests" if rules.delay > source.delay else ""
    return ok(name, f"its robots.txt allows what it names{slow}")
