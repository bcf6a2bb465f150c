"""The Lua scripts, loaded from the files beside this one."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgpack
from redis.exceptions import ResponseError

from workers.state.connection import Client
from workers.state.version import STATE_VERSION, OtherVersion, release

_HERE = Path(__file__).parent
_READ_ONLY = {"look_up", "places", "unknown"}
# These bring new data in, so a full server refuses them; all others free it, or are small.
_REFUSED_WHEN_FULL = {
    *("offer", "hand_in", "readmit", "enter_older", "note_walk_back", "fill_again"),
}
# What scripts that enter texts have in common.
_WITH_MARKS = {"adopt", "commit", "disown", "place_new", "reserve"}
# As `buckets.lua` has it.
_OTHER_VERSION = "OTHERVERSION "
# Texts that are alike.
_WITH_NEAR = {"adopt", "commit", "look_up", "place_new"}
# A text gets its place.
_WITH_BINDING = {"place_new", "reserve"}
# What recurs on the pages of a source is counted where a page ends.
_WITH_RECURRING = {"commit"}


def packed(value: object) -> bytes:
    """A value as the scripts' `cmsgpack` reads it: bytes and text are one type there."""
    return bytes(msgpack.packb(value, use_bin_type=False))


@cache
def source_of(name: str, window_days: int) -> str:
    """The text of a script with the prelude it stands on."""
    flags = ["no-writes"] if name in _READ_ONLY else []
    flags += [] if name in _REFUSED_WHEN_FULL else ["allow-oom"]
    head = (
        f"#!lua flags={','.join(flags)}\n"
        f"local WINDOW_DAYS, VERSION, WRITES = {window_days}, '{STATE_VERSION}', "
        f"{str(name not in _READ_ONLY).lower()}\n"
    )
    parts = ["buckets", *(["marks"] if name in _WITH_MARKS else [])]
    parts += ["near"] if name in _WITH_NEAR else []
    parts += ["binding"] if name in _WITH_BINDING else []
    parts += [*(["recurring"] if name in _WITH_RECURRING else []), name]
    return "".join([head, *((_HERE / f"{part}.lua").read_text() for part in parts)])


class Scripts:
    """Calls scripts by name; the server keeps them by their hash and is given them where it has none."""

    def __init__(self, client: Client, window_days: int = 30) -> None:
        self._client = client
        self._window_days = window_days
        self._registered: dict[str, Any] = {}

    def run(self, name: str, *arguments: bytes | str | float) -> Any:
        """The reply of a script, strings as bytes; raises `OtherVersion` where the state is another release's by now."""
        script = self._registered.get(name)
        if script is None:
            script = self._client.register_script(source_of(name, self._window_days))
            self._registered[name] = script
        try:
            return script(args=arguments)
        except ResponseError as error:
            if not str(error).startswith(_OTHER_VERSION):
                raise
            raise OtherVersion(
                f"the state has become version {str(error).removeprefix(_OTHER_VERSION)}, and this is"
                f" {release()}, which reads version {STATE_VERSION}"
            ) from None

    def write(self, *commands: Sequence[bytes | str | float]) -> list[Any]:
        """Run plain commands as one change that a full server does not refuse; the reply of each."""
        plain = [[p if isinstance(p, bytes) else str(p) for p in command] for command in commands]
        replies: list[Any] = self.run("write", packed(plain))
        return replies
