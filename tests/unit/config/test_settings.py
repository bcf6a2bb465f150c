import os
import re
from pathlib import Path

import pytest

from config.settings import (
    DEFAULT_USER_AGENT,
    FOR_TESTS,
    Settings,
    SettingsError,
    load_settings,
    misspelt,
)

EXAMPLE = Path(__file__).parents[3] / ".env.example"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("COPYDESK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def errors_with(monkeypatch: pytest.MonkeyPatch, **variables: str) -> list[str]:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("COPYDESK_REDISURL", "COPYDESK_REDISURL: there is no such setting, did you mean COPYDESK_REDIS_URL?"),
        ("COPYDESK_USERAGENT", "COPYDESK_USERAGENT: there is no such setting, did you mean COPYDESK_USER_AGENT?"),
        ("copydesk_homes", "copydesk_homes: there is no such setting, did you mean COPYDESK_HOME?"),
        ("COPYDESK_STORES\x1b[2J", None),
        ("COPYDESK_HOME", None),
        ("copydesk_home", None),
        ("COPYDESK_CORPUS", None),  # others may share the prefix
        ("COPYDESK_", None),
        ("COPYDESKHOME", None),
        ("MY_COPYDESK_HOMES", None),
    ],
)  # fmt: skip
def test_a_misspelt_setting_is_told(name: str, line: str | None) -> None:
    told = misspelt([name, "PATH", "COPYDESK_ATTEMPTS"])
    if line is None:
        assert all("\x1b" not in one for one in told)
        assert told == [] or "STORES" in name
    else:
        assert told == [line]


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings()
    assert (settings.home, settings.sources) == (Path("var"), Path("config/sources.toml"))
    assert settings.redis_url is None
    assert settings.user_agent == DEFAULT_USER_AGENT
    assert (settings.retention_days, settings.window_days, settings.attempts) == (7, 30, 3)
    assert not settings.allow_private


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(
        "COPYDESK_ATTEMPTS=5\nCOPYDESK_LOG_FORMAT=json\nCOPYDESK_PASSWORD=for-compose\nOTHER=1\n"
    )
    monkeypatch.setenv("COPYDESK_ATTEMPTS", "4")
    monkeypatch.setenv("COPYDESK_CORPUS", "/corpus")
    settings = load_settings()
    assert (settings.attempts, settings.log_format) == (4, "json")


def test_an_empty_variable_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.setenv(f"COPYDESK_{field.upper()}", "")
    assert load_settings() == Settings()


def test_a_tilde_is_the_home_folder_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("COPYDESK_HOME", "~/copydesk")
    assert load_settings().home == Path("/home/ada/copydesk")


@pytest.mark.parametrize(
    "url",
    [
        "redis://h",
        "redis://:pw@h:6379/0",
        "rediss://h:1/1",
        "unix:///run/v.sock?db=0",
        "unix://:pw@/s",
    ],
)
def test_a_server_is_named_by_a_url(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("COPYDESK_REDIS_URL", url)
    assert load_settings().redis_url == url


@pytest.mark.parametrize(
    "store",
    [
        "/srv/documents",
        "documents",
        "a:b",
        "s3://bucket",
        "s3://bucket/news/",
        "s3://b.c/a/é=1",
        "az://box",
    ],
)
def test_a_store_is_a_folder_or_a_bucket(monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    monkeypatch.setenv("COPYDESK_STORE", store)
    assert load_settings().store == store


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("COPYDESK_STORE", "ftp://host/", "s3://BUCKET"),
        ("COPYDESK_STORE", "s3://", "s3://BUCKET"),
        ("COPYDESK_STORE", "s3:/bucket", "s3://BUCKET"),
        ("COPYDESK_STORE", "s3:bucket", "s3://BUCKET"),
        ("COPYDESK_STORE", "S3://bucket", "s3://BUCKET"),
        ("COPYDESK_STORE", "s3:///prefix", "s3://BUCKET"),
        ("COPYDESK_STORE", "s3://bucket/a//b", "s3://BUCKET"),
        ("COPYDESK_STORE", "s3://bucket/../b", "s3://BUCKET"),
        ("COPYDESK_STORE", "s3://bucket/a?b=c", "s3://BUCKET"),
        ("COPYDESK_STORE", "s3://bucket/a b", "s3://BUCKET"),
        ("COPYDESK_STORE", " s3://bucket", "s3://BUCKET"),
        ("COPYDESK_STORE", "https://bucket.s3.amazonaws.com/a", "s3://BUCKET"),
        ("COPYDESK_USER_AGENT", "bot\nX-Header: 1", "one line of ASCII"),
        ("COPYDESK_USER_AGENT", "робот", "one line of ASCII"),
        ("COPYDESK_ALLOW_PRIVATE", "perhaps", "true or false"),
        ("COPYDESK_CRAWL_PROCESSES", "0", "greater than or equal to 1"),
        ("COPYDESK_BATCH_PAGES", "many", "a whole number"),
        ("COPYDESK_TICK_SECONDS", "0", "greater than 0"),
        ("COPYDESK_TICK_SECONDS", "inf", "finite"),
        ("COPYDESK_LOG_FORMAT", "xml", "'human' or 'json'"),
    ],
)
def test_a_bad_value_is_named_with_its_variable_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    [error] = errors_with(monkeypatch, **{name: value})
    assert error.startswith(f"{name} = ")
    assert "allowed is " in error
    assert allowed in error


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = errors_with(monkeypatch, COPYDESK_ATTEMPTS="0", COPYDESK_LOG_LEVEL="loud")
    assert [error.split(" = ")[0] for error in errors] == [
        "COPYDESK_ATTEMPTS", "COPYDESK_LOG_LEVEL",
    ]  # fmt: skip


def test_keys_in_the_name_of_a_bucket_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    [error] = errors_with(monkeypatch, COPYDESK_STORE="s3://key:se/cret@bucket/news")
    assert error.startswith("COPYDESK_STORE = (hidden): allowed is a folder, s3://BUCKET")


@pytest.mark.parametrize(
    "url",
    ["secret", "http://:secret@h/", "redis://:secret@", "redis://:secret@h:x/", "unix://secret"],
)
def test_a_bad_server_is_an_error_that_does_not_show_it(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    [error] = errors_with(monkeypatch, COPYDESK_REDIS_URL=url)
    assert error.startswith("COPYDESK_REDIS_URL = (hidden): allowed is redis://")
    assert "secret" not in error


def test_a_password_is_in_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_REDIS_URL", "redis://:hush@h/0")
    monkeypatch.setenv("COPYDESK_WEBHOOK_URL", "https://me:hush@h/hush?hush")
    settings = load_settings()
    assert settings.webhook_url
    assert "hush" not in f"{settings} {settings!r}"


@pytest.mark.parametrize(
    "url", ["ftp://h/hush", "https:///hush", "h/hush", "http://h/#hush", "http://h/hush hush", "http://h:99999/hush"]
)  # fmt: skip
def test_an_address_that_nothing_can_be_posted_to_is_told_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    (problem,) = errors_with(monkeypatch, COPYDESK_WEBHOOK_URL=url)
    assert problem.startswith("COPYDESK_WEBHOOK_URL = (hidden): allowed is http:// or https://")


def test_a_file_that_is_not_text_is_an_error() -> None:
    Path(".env").write_bytes(b"COPYDESK_HOME=caf\xe9\n")
    with pytest.raises(SettingsError, match=r"^\.env: "):
        load_settings()


def test_the_example_has_every_setting_with_its_default_and_what_it_does() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    Path(".env").write_text(re.sub("^#(?=COPYDESK_)", "", text, flags=re.MULTILINE))
    assert load_settings() == Settings(_env_file=None)
    shown = {name: field for name, field in Settings.model_fields.items() if name not in FOR_TESTS}
    assert re.findall("^#(COPYDESK_[A-Z_]+)=", text, re.MULTILINE) == [
        f"COPYDESK_{field.upper()}" for field in shown
    ]
    prose = " ".join(text.replace("\n# ", " ").split())
    for field in shown.values():
        assert field.description
        assert field.description in prose


@pytest.mark.parametrize(
    ("value", "folder"),
    [("", "var/archive"), ("off", None), ("OFF", None), ("/srv/pages", "/srv/pages")],
)
def test_the_archive_is_in_the_home_elsewhere_or_off(
    monkeypatch: pytest.MonkeyPatch, value: str, folder: str | None
) -> None:
    monkeypatch.setenv("COPYDESK_ARCHIVE", value)
    assert load_settings().archive_folder == (Path(folder) if folder else None)


@pytest.mark.parametrize("value", ["s3://bucket/pages", "true", "No", "0"])
def test_an_archive_that_is_no_folder_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    (problem,) = errors_with(monkeypatch, COPYDESK_ARCHIVE=value)
    assert problem.startswith("COPYDESK_ARCHIVE = ")
    assert "allowed is a folder, `off`" in problem


@pytest.mark.parametrize(
    ("raw", "told"), [(b"", "no password"), (b" \n", "no password"), (b"caf\xe9", "not UTF-8")]
)
def test_a_password_file_without_a_password_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, raw: bytes, told: str
) -> None:
    file = tmp_path / "password"
    file.write_bytes(raw)
    (line,) = errors_with(
        monkeypatch,
        COPYDESK_REDIS_URL="redis://h",
        COPYDESK_REDIS_PASSWORD_FILE=str(file),
    )
    assert line.startswith(f"COPYDESK_REDIS_PASSWORD_FILE = {file}: ")
    assert told in line
    assert "caf" not in line
