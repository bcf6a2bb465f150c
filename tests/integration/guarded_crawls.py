"""Runs crawls side by side on one reactor and prints how each of their requests ended.

Standard input: a JSON list of `{"urls", "named", "allow_private"}`; standard output: for each
crawl an object of URL to status, or to the name of the error.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.http import Response
from scrapy.utils.reactor import install_reactor
from twisted.python.failure import Failure

SETTINGS = {
    "DOWNLOAD_HANDLERS": {
        "http": "crawler.exchange.PoliteHandler",
        "https": "crawler.exchange.PoliteHandler",
    },
    "DOWNLOADER_MIDDLEWARES": {"crawler.exchange.StaleConnectionMiddleware": 550},
    "DOWNLOAD_DELAY": 0,
    "HTTPPROXY_ENABLED": False,
    "RETRY_ENABLED": False,
    "ROBOTSTXT_OBEY": False,
    "TELNETCONSOLE_ENABLED": False,
}


class Visitor(Spider):
    name = "visitor"

    async def start(self) -> AsyncIterator[Request]:
        for url in self.urls:
            yield Request(
                url, self.ended, errback=self.failed, cb_kwargs={"url": url}, dont_filter=True
            )

    def ended(self, response: Response, url: str) -> None:
        self.outcomes[url] = response.status

    def failed(self, failure: Failure) -> None:
        self.outcomes[failure.request.cb_kwargs["url"]] = type(failure.value).__name__


async def visit(crawls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    outcomes: list[dict[str, Any]] = [{} for _ in crawls]
    runs = []
    for crawl, ends in zip(crawls, outcomes, strict=True):
        guard = {
            "GUARD_AUTHORITIES": crawl["named"],
            "GUARD_ALLOW_PRIVATE": crawl["allow_private"],
        }
        runner = AsyncCrawlerRunner(SETTINGS | guard)
        runs.append(runner.crawl(Visitor, urls=crawl["urls"], outcomes=ends))
    await asyncio.gather(*runs)
    return outcomes


def main() -> None:
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import defer, reactor

    crawls = json.load(sys.stdin)
    visiting = defer.Deferred.fromFuture(
        asyncio.ensure_future(visit(crawls), loop=reactor._asyncioEventloop)
    )
    visiting.addCallback(lambda outcomes: print(json.dumps(outcomes)))
    visiting.addErrback(lambda failure: failure.printTraceback())
    visiting.addBoth(lambda _: reactor.stop())
    reactor.run()


if __name__ == "__main__":
    main()
