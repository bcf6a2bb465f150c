"""The settings of the service, and the only reader of the environment."""

import re
import string
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from config import server_url
from config.wording import allowed, nearest, shown

PREFIX = "COPYDESK_"
DEFAULT_USER_AGENT = "CopydeskBot/0.1 (operator has not stated a contact)"

_BUCKET = re.compile(r"(s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]*((/[^/?#%\\\s\x00-\x1f\x7f]+)*/?)")
# Of what is meant for an address, and would be the name of a folder.
_ADDRESS = re.compile("[a-z0-9+.-]+:/|.*://|(s3a?|gs|az):", re.IGNORECASE)
_HEADER = set(string.ascii_letters + string.digits + string.punctuation + " ")


class SettingsError(Exception):
    """The environment cannot be used; the message has one line for each thing that is wrong."""


def _redis_url(text: str) -> str:
    server_url.parse(text)
    return text


def _store(text: str) -> str:
    match = _BUCKET.fullmatch(text)
    is_one = match and not {".", ".."} & set(match[2].split("/"))
    if not is_one and _ADDRESS.match(text):
        raise ValueError("allowed is a folder, s3://BUCKET/PREFIX, gs://BUCKET or az://CONTAINER")
    return text


_SWITCHES = {"on", "true", "false", "yes", "no", "1", "0", "none"}


def _archive(text: str) -> str:
    if "://" in text or text.lower() in _SWITCHES:
        raise ValueError("allowed is a folder, `off`, or nothing for `archive` in the home")
    return "off" if text.lower() == "off" else text


def _user_agent(text: str) -> str:
    if not set(text) <= _HEADER or not text.strip():
        raise ValueError("allowed is one line of ASCII that names the crawler and a contact")
    return text


_NOTIFY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


def _notify(text: str) -> str:
    if not all(map(_NOTIFY.fullmatch, text.split())):
        raise ValueError(
            "allowed are addresses such as mailto://USER:PASSWORD@HOST, blanks between"
        )
    return text


def _webhook(text: str) -> str:
    try:
        url = urlsplit(text)
        is_one = url.scheme in {"http", "https"} and url.hostname and url.port != 0
    except ValueError:
        is_one = False
    if not is_one or url.fragment or not set(text) <= _HEADER - {" "}:
        raise ValueError("allowed is http:// or https://, a host, and a path, in ASCII")
    return text


_ONE_FAULT = "[a-z-]+:[1-9][0-9]*(:stop)?"
_FAULTS = re.compile(f"{_ONE_FAULT}(,{_ONE_FAULT})*")


def _fault(text: str) -> str:
    if text and not _FAULTS.fullmatch(text):
        raise ValueError("allowed is STEP:N, or several with a comma between them")
    return text


_LISTEN = re.compile(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")
_LAST_PORT = 65535


def _listen(text: str) -> str:
    match = _LISTEN.fullmatch(text)
    if text != "off" and not (match and int(match[2]) <= _LAST_PORT):
        raise ValueError("allowed is HOST:PORT, such as 127.0.0.1:8471 or [::1]:8471, or `off`")
    return text


_HOST_NAMES = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def _host_names(text: str) -> str:
    if not all(map(_HOST_NAMES.fullmatch, text.split())):
        raise ValueError("allowed are names of hosts, such as desk.example.org, blanks between")
    return text


Folder = Annotated[Path, AfterValidator(Path.expanduser)]


FOR_TESTS = frozenset({"fault", "download_seconds", "embedded_server"})
"""Settings that only tests of the service have a use for: shown in no list of settings."""


class Settings(BaseSettings):
    """Every global setting: an environment variable with the prefix `COPYDESK_`, or its default.

    A file `.env` in the working folder is read too; the environment goes before it.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",  # .env is read by Docker Compose too, which has variables of its own
        frozen=True,
    )

    home: Folder = Field(
        default=Path("./var"),
        description="The folder for documents, the archive and the embedded server.",
    )
    sources: Folder = Field(
        default=Path("config/sources.toml"),
        description="The file that names the sources.",
    )
    redis_url: Annotated[str, AfterValidator(_redis_url)] | None = Field(
        default=None,
        repr=False,  # it may hold a password
        description="Redis or Valkey: redis://, rediss:// (TLS), unix:// or redis+sentinel://. Empty: an embedded one.",
    )
    redis_password_file: Folder | None = Field(
        default=None,
        description="A file with the password for redis_url, where that has none.",
    )
    store: Annotated[str, AfterValidator(_store)] | None = Field(
        default=None,
        description="Where documents are kept: a folder, s3://BUCKET/PREFIX, gs:// or az://. Empty: the home.",
    )
    archive: Annotated[str, AfterValidator(_archive)] | None = Field(
        default=None,
        description="Where fetched pages are kept as WARC files: a folder, or `off`."
        " Empty: `archive` in the home.",
    )
    archive_days: int = Field(
        default=30, ge=1, description="Days for which fetched pages are kept in the archive."
    )
    archive_mb: int = Field(
        default=256,
        ge=1,
        description="Megabytes after which a file of the archive is closed; at the end of a UTC day in any case.",
    )
    user_agent: Annotated[str, AfterValidator(_user_agent)] = Field(
        default=DEFAULT_USER_AGENT,
        description="What sites are told of who visits. Put a page or an address there at which"
        " you can be reached: CopydeskBot/0.1 (+https://YOUR-SITE/about-our-crawler).",
    )
    allow_private: bool = Field(
        default=False,
        description="Let every source reach the loopback and private addresses that it names;"
        " for tests and intranets.",
    )
    crawl_processes: int = Field(default=1, ge=1, description="Processes that crawl.")
    ingest_processes: int = Field(
        default=2, ge=1, description="Processes that extract and keep pages."
    )
    batch_sources: int = Field(
        default=20, ge=1, description="Sources that one crawl task takes at the most."
    )
    crawls_at_once: int = Field(
        default=100,
        ge=1,
        description="Crawls in a crawl process with which it takes on no more of those that wait.",
    )
    batch_pages: int = Field(
        default=16, ge=1, description="Pages that one ingest task takes at the most."
    )
    tick_seconds: float = Field(
        default=5.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds between two looks at what is due.",
    )
    window_days: int = Field(
        default=30, ge=1, description="Days for which near-duplicates of a document are found."
    )
    retention_days: int = Field(
        default=7,
        ge=1,
        description="Days that an entry stays in the outbox at the least; it never goes before every"
        " consumer group has acknowledged it.",
    )
    max_deliveries: int = Field(
        default=5,
        ge=1,
        description="Deliveries to a consumer that fails on an entry, before it is put aside.",
    )
    outbox_text: bool = Field(
        default=False,
        description="Put each document's text into its entry in the outbox too, for consumers that do not"
        " see the store; the server holds it for as long as the entry.",
    )
    webhook_url: Annotated[str, AfterValidator(_webhook)] | None = Field(
        default=None,
        repr=False,  # it may hold a password, or be secret as a whole
        description="An address that each document is posted to, as JSON: http:// or https://. Empty: nowhere.",
    )
    webhook_secret_file: Folder | None = Field(
        default=None,
        description="A file with the secret that what is posted is signed by: whsec_ and 24 to 64 bytes in base64."
        " Several, one a line, all sign.",
    )
    webhook_sources: int = Field(
        default=8,
        ge=1,
        le=100,
        description="Sources whose documents are posted side by side, each source's in order.",
    )
    webhook_seconds: float = Field(
        default=30.0,
        ge=1,
        le=300,
        description="Seconds that the webhook's receiver has for its answer.",
    )
    outbox_max: int = Field(
        default=100_000,
        ge=1,
        description="Documents that wait for a consumer group, above which `status` raises an alarm;"
        " none is dropped.",
    )
    waiting_max: int = Field(
        default=2000,
        ge=1,
        description="Pages fetched and not yet ingested, above which crawls pause.",
    )
    browser: str | None = Field(
        default=None,
        description="The Chromium that renders pages, for sources with render = true: a path, or a name."
        " Empty: looked for.",
    )
    browser_socket: Folder | None = Field(
        default=None,
        description="Where the part `browser` is reached by those that crawl. Empty: a socket in the home.",
    )
    browser_sandbox: bool = Field(
        default=True,
        description="Confine the browser by its own means too. Only where the whole of it is confined"
        " otherwise, as in a container, may this be off; for root it is off in any case.",
    )
    browsers: int = Field(
        default=2, ge=1, description="Browsers that a crawl process has at work at the same time."
    )
    browser_mb: int = Field(
        default=1024, ge=256, description="Megabytes of memory with which a browser is ended."
    )
    render_seconds: int = Field(
        default=20, ge=1, le=60, description="Seconds that the rendering of a page may take."
    )
    crawl_seconds: int = Field(
        default=300,
        ge=1,
        description="Seconds after which a crawl begins no more pages; the next one goes on.",
    )
    page_seconds: int = Field(
        default=10,
        ge=1,
        description="Seconds of a processor that the extraction of a page may take, and half as many again by the clock.",
    )
    lease_seconds: int = Field(
        default=300,
        ge=1,
        description="Seconds that a crawl may wait for a worker before its source is due again.",
    )
    attempts: int = Field(
        default=3, ge=1, description="Failures of a page after which it is put in quarantine."
    )
    notify: Annotated[str, AfterValidator(_notify)] | None = Field(
        default=None,
        repr=False,  # addresses hold passwords
        description="Where alarms are told: addresses as apprise has them, such as mailto:// or slack://,"
        " with blanks between them. Empty: nowhere. Needs apprise.",
    )
    dashboard: Annotated[str, AfterValidator(_listen)] = Field(
        default="127.0.0.1:8471",
        description="Where the dashboard of `copydesk up` listens, HOST:PORT; port 0 is a free one. `off`:"
        " nowhere. Beyond loopback it needs a token.",
    )
    dashboard_token_file: Folder | None = Field(
        default=None,
        description="A file with the token that the dashboard asks for, 16 characters or more. Empty: it asks"
        " for none.",
    )
    dashboard_names: Annotated[str, AfterValidator(_host_names)] | None = Field(
        default=None,
        description="Names of hosts under which the dashboard is reached, beside localhost and addresses, with"
        " blanks between them.",
    )
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)
    ] = Field(
        default="INFO", description="The least level that is logged: DEBUG, INFO, WARNING or ERROR."
    )
    log_format: Literal["human", "json"] = Field(
        default="human", description="How a line is logged: human, or json, one object a line."
    )
    download_seconds: int = Field(
        default=30, ge=1, le=30, description="Seconds after which a fetch is given up."
    )
    embedded_server: str | None = Field(
        default=None, description="The program that is the embedded server: a path. Empty: Valkey."
    )
    fault: Annotated[str, AfterValidator(_fault)] = Field(
        default="", description="Where a test kills or stops the service: see workers/fault.py."
    )

    @property
    def notify_urls(self) -> tuple[str, ...]:
        """The addresses that alarms are told to."""
        return tuple((self.notify or "").split())

    @property
    def dashboard_address(self) -> tuple[str, int] | None:
        """The host and port of the dashboard; None where it is off."""
        if self.dashboard == "off":
            return None
        host, _, port = self.dashboard.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def archive_folder(self) -> Path | None:
        """Where the archive is; None where it is off."""
        if self.archive == "off":
            return None
        return Path(self.archive).expanduser() if self.archive else self.home / "archive"


def misspelt(environment: Iterable[str]) -> list[str]:
    """A line for each variable that is no setting, but is like one: others may share the prefix."""
    known = [name.upper() for name in Settings.model_fields]
    strange = sorted(name for name in environment if name.upper().startswith(PREFIX))
    hints = {n: nearest(n.upper().removeprefix(PREFIX), known) for n in strange}
    return [
        f"{shown(name)[1:-1]}: there is no such setting{hint.replace('mean ', f'mean {PREFIX}')}"
        for name, hint in hints.items()
        if hint and name.upper().removeprefix(PREFIX) not in known
    ]


def load_settings() -> Settings:
    """The settings of this process; raises `SettingsError` where a value is not allowed."""
    try:
        return _with_password(Settings())
    except ValidationError as error:
        problems = [_problem(detail) for detail in error.errors(include_url=False)]
    except (OSError, UnicodeDecodeError) as error:
        problems = [f".env: cannot be read: {error}"]
    raise SettingsError("\n".join(problems))


def _with_password(settings: Settings) -> Settings:
    """The settings with the password from its file, if there is one, in the server's URL."""
    file, url = settings.redis_password_file, settings.redis_url
    if not file or not url or server_url.parse(url).password:
        return settings
    try:
        password = file.read_text(encoding="utf-8").strip()
        problem = "" if password else "holds no password"
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        problem = "cannot be read: it is not UTF-8"
    if problem:
        raise SettingsError(f"{PREFIX}REDIS_PASSWORD_FILE = {file}: {problem}")
    return settings.model_copy(update={"redis_url": server_url.with_password(url, password)})


def _problem(detail: ErrorDetails) -> str:
    field = str(detail["loc"][0])
    # A bucket may be given with its keys, which do not belong there.
    is_with_keys = field == "store" and "@" in str(detail["input"])
    secret = is_with_keys or not Settings.model_fields[field].repr
    value = "(hidden)" if secret else shown(detail["input"])
    return f"{PREFIX}{field.upper()} = {value}: {allowed(detail)}"
