"""The way between the crawls and the web, where everything that is asked for is noted."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from scrapy import Request
from scrapy.http import Response

from chaos.trials.year.part import Killed, Part
from chaos.trials.year.watch import Watch
from chaos.trials.year.web import Site
from config.sources import Source
from crawler.urls import authority


@dataclass
class _Last:
    at: float
    token: str


class Traffic:
    """Every request, with who made it."""

    def __init__(self, sites: Mapping[str, Site], watch: Watch) -> None:
        self._sites = sites
        self._watch = watch
        self._hosts: dict[str, _Last] = {}
        self.listed: dict[str, str] = {}

    async def fetch(self, request: Request, source: Source, token: str, part: Part) -> Response:
        """Ask the web; raises what a download raises."""
        if part.is_dead:
            raise Killed
        loop = asyncio.get_running_loop()
        self._note(authority(request.url), source, token, loop.time())
        site = self._sites[source.name]
        await asyncio.sleep(part.luck.rng.uniform(0.05, 1.0))
        self._watch.counts["requests"] += 1
        return site.answer(request.url, request.headers, loop.time())

    def _note(self, host: str, source: Source, token: str, now: float) -> None:
        """Two crawls never share a host, and between any two requests lies the pause that is asked for."""
        last = self._hosts.get(host)
        self._hosts[host] = _Last(now, token)
        holder = self._watch.sources.get(source.name)
        if holder is None or holder.token != token or holder.until < now:
            self._watch.wrong(f"{source.name} asks {host} at {now:.0f} without a lease")
        if last and now - last.at < source.delay - 0.01:
            self._watch.wrong(f"{host} was asked twice within {now - last.at:.2f} s at {now:.0f}")
