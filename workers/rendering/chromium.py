"""Chromium: where it is, and how it is started so that it has no way out but the crawl's own proxy."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.settings import Settings

_NAMES = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
)
_HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")
# A full browser would go to https first, ask before it lets a page reach an intranet, and look around for screens.
_NOT_NEEDED = (
    "AutofillServerCommunication,DialMediaRouteProvider,HttpsFirstBalancedMode,HttpsFirstModeIncognito,"
    "HttpsFirstModeV2,HttpsUpgrades,LocalNetworkAccessChecks,MediaRouter,OptimizationHints,Translate,"
    "WebRtcHideLocalIpsWithMdns"
)
_NO_WAY_OUT = (
    # A context that is given no proxy has one that nobody answers, loopback included.
    "--proxy-server=http://127.0.0.1:1",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--no-pings",
)
_NOTHING_OF_ITS_OWN_ACCORD = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-field-trial-config",
    "--disable-search-engine-choice-screen",
    "--disable-sync",
    "--disable-breakpad",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--password-store=basic",
    "--use-mock-keychain",
    f"--disable-features={_NOT_NEEDED}",
)
# Nothing for eyes and ears, and nobody to ask.
_FOR_NOBODY = (
    "--block-new-web-contents",
    "--deny-permission-prompts",
    "--disable-gpu",
    "--disable-notifications",
    "--blink-settings=imagesEnabled=false",
    "--mute-audio",
    "--noerrdialogs",
)
_FOR_ONE_PAGE = (
    # Nobody looks at a page that is rendered: a full browser lets such a one wait.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    # /dev/shm is small in containers.
    "--disable-dev-shm-usage",
    # A page of another site within a page is not loaded: a process each would be for nothing.
    "--disable-site-isolation-trials",
    "--renderer-process-limit=2",
)
INSTALL = (
    "install Debian's package chromium-headless-shell, or chromium, or name one in COPYDESK_BROWSER"
)


def find(settings: Settings) -> str | None:
    """The program, or None where none is installed."""
    names = (settings.browser,) if settings.browser else _NAMES
    return next((found for name in names if (found := shutil.which(name))), None)


def arguments(profile: Path, settings: Settings) -> Sequence[str]:
    """What Chromium is started with; it speaks the DevTools protocol on its descriptors 3 and 4."""
    # Chromium refuses to run as root within its own sandbox.
    confined = settings.browser_sandbox and os.getuid() != 0
    return [
        "--headless",
        "--remote-debugging-pipe",
        # A page is opened when there is one to render; that of a full browser's start asks for much.
        "--no-startup-window",
        f"--user-data-dir={profile}",
        f"--user-agent={settings.user_agent}",
        *(() if confined else ("--no-sandbox",)),
        *_NO_WAY_OUT,
        *_NOTHING_OF_ITS_OWN_ACCORD,
        *_FOR_NOBODY,
        *_FOR_ONE_PAGE,
    ]


def environment(profile: Path, temporary: Path) -> Mapping[str, str]:
    """No password of the service is in it, and what is written goes where it is cleaned away."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    homes = dict.fromkeys(_HOMES, str(profile))
    return kept | homes | {"TMPDIR": str(temporary)}
