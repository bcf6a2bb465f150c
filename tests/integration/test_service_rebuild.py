"""The command `rebuild`, and what the others say where it is called for."""

from pathlib import Path

from rig.desk import Desk
from tests.integration.test_rebuild_from_files import kept
from workers.storage.folder import FolderStore


def test_a_home_without_its_server_s_files(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.write_sources({"name": "gazette", "start": "http://127.0.0.1:1/"})
        FolderStore(desk.home).write(kept(number) for number in range(3))
        refused = desk.run("once")
        assert refused.code == 1
        assert "the server knows nothing of the documents" in refused.err
        assert "`copydesk rebuild`" in refused.err
        alarms = desk.run("status", "--json").json["alarms"]
        assert [alarm["kind"] for alarm in alarms] == ["state-lost"]

        damaged = sorted(desk.home.glob("documents/*/*/*.txt"))[1]
        damaged.write_text(damaged.read_text() + "\n")
        told = desk.run("rebuild")
        path = damaged.relative_to(desk.home)
        assert told.code == 1
        assert told.out.splitlines()[0].startswith(f"{path}: the text")
        assert told.out.splitlines()[1].startswith("2 documents and 0 dropped texts in ")

        damaged.write_text(damaged.read_text().removesuffix("\n"))
        told = desk.run("rebuild", "--outbox", "--json")
        assert told.code == 0
        assert told.json == {
            "documents": 3,
            "duplicates": 0,
            "entered": 1,
            "owed": 0,
            "published": 3,
            "taken_over": False,
            "problems": [],
            "seconds": told.json["seconds"],
        }
        lines = desk.run("consume", "--group", "g").lines
        ids = {kept(number)[0].id for number in range(3)}
        assert len(lines) == 3
        assert {line["id"] for line in lines} == ids

        _belongs_to_one(desk, tmp_path / "second")

        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        assert (
            "it holds no document, and the server knows some"
            in desk.run("once", store=elsewhere).err
        )


def _belongs_to_one(desk: Desk, home: Path) -> None:
    """A second server on the store of the first takes it over, or is refused."""
    store = desk.home
    assert desk.run("rebuild", "--json", home=home, store=store).json["taken_over"]
    refused = desk.run("once")
    assert refused.code == 1
    assert f"{store} belongs to another service (owners/002.json, since " in refused.err
    assert "COPYDESK_REDIS_URL has to name that one's server" in refused.err
    alarms = desk.run("status", "--json").json["alarms"]
    assert [alarm["kind"] for alarm in alarms] == ["store-taken"]
    told = desk.run("rebuild")
    assert (told.code, "the store is this server's now" in told.err) == (0, True)
    assert (
        "belongs to another service (owners/003.json"
        in desk.run("once", home=home, store=store).err
    )
