"""Scrapy's settings for every crawl; what a source asks for itself is added by `crawler.politeness`."""

from typing import Any

BOT_NAME = "copydesk"
SPIDER_MODULES = ["crawler.spiders"]

TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"

# Politeness: one request a host at a time, never before its delay, and only where robots.txt agrees.
ROBOTSTXT_OBEY = False  # `crawler.politeness.RobotsTxtMiddleware` does, and does more
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 2.0
DOWNLOAD_DELAY_JITTER = 0
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_MAX_DELAY = 60.0

# What a page may cost.
DOWNLOAD_MAXSIZE = 5 * 2**20
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 30
DNS_TIMEOUT = 10
REDIRECT_MAX_TIMES = 10

# Nothing but the web, and no door into the process.
DOWNLOAD_HANDLERS: dict[str, Any] = {
    **dict.fromkeys(("http", "https"), "crawler.exchange.PoliteHandler"),
    **dict.fromkeys(("file", "data", "ftp", "s3")),
}
DOWNLOAD_VERIFY_CERTIFICATES = True
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
HTTPPROXY_ENABLED = False

# The frontier tries again, a page keeps no session, and pages stay compressed as received.
RETRY_ENABLED = False
COOKIES_ENABLED = False
METAREFRESH_ENABLED = False
COMPRESSION_ENABLED = False
REFERRER_POLICY = "no-referrer"
HTTPERROR_ALLOW_ALL = True
DOWNLOADER_MIDDLEWARES: dict[str, int] = {
    "crawler.politeness.NamedHostsMiddleware": 60,
    "crawler.politeness.RobotsTxtMiddleware": 100,
    "crawler.exchange.StaleConnectionMiddleware": 550,
    "crawler.politeness.AcceptEncodingMiddleware": 590,
}
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": 600,
}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {
    "scrapy.spidermiddlewares.referer.RefererMiddleware": 700,
}
EXTENSIONS_BASE: dict[str, int] = {
    "scrapy.extensions.corestats.CoreStats": 0,
    "scrapy.extensions.throttle.AutoThrottle": 0,
    "scrapy.extensions.feedexport.FeedExporter": 0,
    "scrapy.extensions.closespider.CloseSpider": 0,
}
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
}

LOG_LEVEL = "WARNING"
LOG_INSTALL_ROOT_HANDLER = True
STATS_DUMP = False

LOADED_BY_A_CRAWL = (
    "crawler.spiders.news",
    "crawler.exchange",
    "crawler.politeness",
    "scrapy.core.downloader.contextfactory",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.dupefilters",
    "scrapy.extensions.closespider",
    "scrapy.extensions.corestats",
    "scrapy.extensions.feedexport",
    "scrapy.extensions.throttle",
    "scrapy.logformatter",
    "scrapy.downloadermiddlewares.defaultheaders",
    "scrapy.downloadermiddlewares.downloadtimeout",
    "scrapy.downloadermiddlewares.redirect",
    "scrapy.downloadermiddlewares.useragent",
    "scrapy.pqueues",
    "scrapy.resolver",
    "scrapy.spidermiddlewares.referer",
    "scrapy.squeues",
    "scrapy.statscollectors",
)
"""Modules that Scrapy names by these settings and loads late. None of them installs a reactor."""
