"""The containers: what `docker compose up -d` starts, and with which rights."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from workers.webhook.signing import secrets_in

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
SERVICES: dict[str, Any] = COMPOSE["services"]
PARTS = ("crawl", "ingest", "beat")
ELSEWHERE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.workers.yml")
"""The parts of a host whose server and bucket are elsewhere."""
LASTING = ("valkey", *PARTS)

every_service = pytest.mark.parametrize("service", SERVICES)
every_lasting_one = pytest.mark.parametrize("service", LASTING)
every_part = pytest.mark.parametrize("service", PARTS)


def seconds(duration: str) -> int:
    (number, unit) = re.fullmatch(r"(\d+)([sm])", duration).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "m": 60}[unit]


@every_service
def test_no_port_is_published_but_the_dashboards_on_loopback(service: str) -> None:
    ports = SERVICES[service].get("ports", [])
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert bool(ports) == (service == "dashboard")
    assert SERVICES[service].get("network_mode") != "host"


@every_service
def test_it_may_do_no_more_than_it_must(service: str) -> None:
    settings = SERVICES[service]
    assert settings["read_only"] is True
    assert settings["cap_drop"] == ["ALL"]
    assert settings["security_opt"] == ["no-new-privileges:true"]
    assert not settings.keys() & {"privileged", "cap_add"}


def test_nothing_runs_as_root() -> None:
    users = re.findall(r"^USER (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users == ["10001:10001"] * 2
    assert SERVICES["valkey"]["user"] == "valkey"
    ours = [service for service in SERVICES.values() if service.get("build")]
    assert len(ours) == len(SERVICES) - 1
    assert all("user" not in service for service in ours)


@every_lasting_one
def test_it_comes_back_and_tells_how_it_is(service: str) -> None:
    settings = SERVICES[service]
    assert settings["restart"] == "unless-stopped"
    assert settings["healthcheck"]["test"]
    check = settings["healthcheck"]
    assert seconds(check["timeout"]) <= seconds(check["interval"])


@every_lasting_one
def test_it_has_time_to_stop(service: str) -> None:
    assert seconds(SERVICES[service]["stop_grace_period"]) == 60


@every_part
def test_a_stop_loses_no_work(service: str) -> None:
    assert SERVICES[service]["environment"]["REMAP_SIGTERM"] == "SIGQUIT"


@every_part
def test_a_part_waits_for_the_state(service: str) -> None:
    assert SERVICES[service]["depends_on"]["valkey"]["condition"] == "service_healthy"


def test_the_state_is_kept_and_never_thrown_out() -> None:
    script = SERVICES["valkey"]["command"][-1]
    for option in ("--appendonly yes", "--appendfsync everysec", "--maxmemory-policy noeviction"):
        assert option in script
    assert "valkey:/data" in SERVICES["valkey"]["volumes"]
    assert re.fullmatch(r"valkey/valkey:\d+\.\d+\.\d+", SERVICES["valkey"]["image"])


def test_the_state_is_reached_from_inside_alone() -> None:
    assert SERVICES["valkey"]["networks"] == ["state"]
    assert COMPOSE["networks"]["state"]["internal"] is True


def test_only_the_crawl_reaches_the_web() -> None:
    served = (*LASTING, "browser")
    assert [name for name in served if "web" in SERVICES[name]["networks"]] == ["crawl"]


def test_the_browser_is_started_where_it_is_asked_for_and_has_what_the_parts_have() -> None:
    browser = SERVICES["browser"]
    assert browser["profiles"] == ["render"]
    assert browser["networks"] == ["state"]
    shared = SERVICES["crawl"]["environment"] | {
        "COPYDESK_HOME": "/tmp",
        "COPYDESK_BROWSER_SANDBOX": "false",
    }
    shared.pop("REMAP_SIGTERM")
    assert browser["environment"] == shared
    assert set(SERVICES["crawl"]["volumes"][1:]) == set(browser["volumes"][1:])


def test_the_dashboard_is_started_where_it_is_asked_for_and_asks_for_a_token() -> None:
    dashboard = SERVICES["dashboard"]
    assert dashboard["profiles"] == ["dashboard"]
    assert "web" not in dashboard["networks"]
    token = dashboard["environment"].pop("COPYDESK_DASHBOARD_TOKEN_FILE")
    assert token == "/run/copydesk/dashboard-token"
    assert dashboard["environment"].items() <= SERVICES["ingest"]["environment"].items()
    assert dashboard["volumes"] == SERVICES["ingest"]["volumes"]


def test_the_password_is_made_once(tmp_path: Path) -> None:
    environment = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def password() -> str:
        # In the file a dollar is written twice, or Compose would take it for its own.
        script = [part.replace("$$", "$") for part in SERVICES["password"]["command"]]
        subprocess.run(script, cwd=tmp_path, env=environment, check=True, timeout=30)
        return (tmp_path / "password").read_text()

    first = password()
    assert re.fullmatch(r"[0-9a-f]{64}\n", first)
    assert password() == first
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made.keys() == {"dashboard-token", "password", "webhook-secret"}
    assert made["dashboard-token"] != first
    assert len(secrets_in(made["webhook-secret"])[0]) == 32


def test_the_password_is_on_no_command_line() -> None:
    file = "/run/copydesk/password"
    for name in PARTS:
        assert SERVICES[name]["environment"]["COPYDESK_REDIS_PASSWORD_FILE"] == file
        assert "password:/run/copydesk:ro" in SERVICES[name]["volumes"]
    options, standard_input = SERVICES["valkey"]["command"][-1].split("<<END")
    assert "requirepass" not in options
    assert f"requirepass $$(cat {file})" in standard_input


@every_part
def test_sources_are_a_folder_that_hides_no_code(service: str) -> None:
    (mount,) = [volume for volume in SERVICES[service]["volumes"] if isinstance(volume, dict)]
    assert (ROOT / mount["source"] / "sources.toml").is_file()
    assert mount["read_only"] is True
    folder = Path(mount["target"])
    assert Path(SERVICES[service]["environment"]["COPYDESK_SOURCES"]).parent == folder
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert not re.search(rf"^(COPY|WORKDIR) .*{folder}", dockerfile, re.MULTILINE)


def test_every_volume_has_a_place_that_its_user_owns() -> None:
    owned = re.search(r"install --directory --owner copydesk .*", (ROOT / "Dockerfile").read_text())
    assert owned
    for name in ("password", "ingest", "crawl", "browser"):
        for volume in SERVICES[name]["volumes"]:
            if isinstance(volume, str) and not volume.endswith(":ro"):
                assert volume.partition(":")[2] in owned[0].split()


def test_images_are_pinned() -> None:
    images = re.findall(r"^FROM (\S+:\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == 2
    assert len(set(images)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", images[0])


def test_every_folder_of_the_image_is_let_in() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    build = dockerfile.partition("\nFROM ")[0]
    copied = {
        source.removesuffix("/")
        for line in re.findall(r"^COPY (.+) \S+$", build, re.MULTILINE)
        for source in line.split()
    }
    allowed = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert copied == set(allowed)


def test_the_trial_knows_every_image_and_every_lasting_service() -> None:
    # scripts/base-images and scripts/try-containers read the names out of the two files.
    images = (ROOT / "scripts/base-images").read_text()
    for pattern, file in re.findall(r"sed -n 's/(.+?)/\\1/p\S* \"\$ROOT/(\S+)\"", images):
        lines = (ROOT / file).read_text().splitlines()
        basic = pattern.replace(r"\(", "(").replace(r"\)", ")")
        assert any(re.match(basic, line) for line in lines), f"{pattern} is not in {file}"
    told = (ROOT / "scripts/containers/composition.py").read_text()
    assert f"LASTING = {LASTING}".replace("'", '"') in told


_AS_ON_ONE_HOST = (
    "build", "image", "command", "read_only", "tmpfs", "cap_drop", "security_opt", "restart",
    "healthcheck", "stop_grace_period", "ports", "mem_limit", "logging",
)  # fmt: skip


@pytest.mark.parametrize("service", ELSEWHERE["services"])
def test_on_several_hosts_a_part_is_what_it_is_on_one(service: str) -> None:
    here, there = SERVICES[service], ELSEWHERE["services"][service]
    assert {n: there.get(n) for n in _AS_ON_ONE_HOST} == {n: here.get(n) for n in _AS_ON_ONE_HOST}
    of_the_server = {"COPYDESK_REDIS_URL", "COPYDESK_REDIS_PASSWORD_FILE"}
    of_the_server |= {"COPYDESK_DASHBOARD_TOKEN_FILE", "COPYDESK_BROWSER_SOCKET", "REMAP_SIGTERM"}
    of_the_server |= {"COPYDESK_WEBHOOK_SECRET_FILE"}
    same = {n: v for n, v in here["environment"].items() if n not in of_the_server}
    assert same.items() <= there["environment"].items()
    volumes = [v for v in here["volumes"] if v != "password:/run/copydesk:ro"]
    assert there["volumes"] == volumes


def test_on_several_hosts_each_names_its_parts_itself_and_its_password_in_a_file() -> None:
    services = ELSEWHERE["services"]
    assert set(services) == {*PARTS, "browser", "dashboard", "webhook"}
    assert all(service["profiles"] for service in services.values())
    for service in services.values():
        # The server and the bucket are named by each host, in .env.
        assert service["env_file"] == [".env"]
        assert "COPYDESK_REDIS_URL" not in service["environment"]
        password = service["environment"]["COPYDESK_REDIS_PASSWORD_FILE"]
        assert password == "/run/secrets/redis-password"
        assert "redis-password" in service["secrets"]
        assert service["hostname"].startswith("${HOST_NAME:?")
        assert "networks" not in service
        assert "depends_on" not in service
    for part in PARTS:
        assert services[part]["environment"]["REMAP_SIGTERM"] == "SIGQUIT"
    assert all(secret["file"].startswith("./secrets/") for secret in ELSEWHERE["secrets"].values())
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()
