"""What the server's user must be allowed, and what of it is missing.

A script that meets a command which it may not run ends half-way. So rights are looked at before
anything is done, all at once.
"""

from workers.state.connection import PREFIX, Client

RIGHTS = (
    "~copydesk:* ~copydesk-celery:* &copydesk:* +@read +@write +@pubsub"
    " +@transaction +@connection -@dangerous +eval +evalsha +script|load +info +time"
)
"""As `ACL SETUSER` takes them: its own keys and channels, and of all commands those that work on these."""

_QUEUES = "copydesk-celery:"
_ON_KEYS = [
    "DEL",
    "EXISTS",
    "EXPIRE",
    "EXPIREAT",
    "GET",
    "GETRANGE",
    "HDEL",
    "HEXISTS",
    "HGET",
    "HGETALL",
    "HINCRBY",
    "HINCRBYFLOAT",
    "HKEYS",
    "HLEN",
    "HMGET",
    "HSCAN",
    "HSET",
    "HSETNX",
    "HVALS",
    "LINDEX",
    "PTTL",
    "RPUSH",
    "SADD",
    "SCARD",
    "SET",
    "SETRANGE",
    "SISMEMBER",
    "SMEMBERS",
    "SMOVE",
    "SREM",
    "XACK",
    "XADD",
    "XCLAIM",
    "XDEL",
    "XLEN",
    "XPENDING",
    "XRANGE",
    "XREVRANGE",
    "XTRIM",
    "ZADD",
    "ZCARD",
    "ZCOUNT",
    "ZMSCORE",
    "ZRANGE",
    "ZREM",
    "ZSCORE",
]
_ON_QUEUES = [
    "BRPOP",
    "EXISTS",
    "HDEL",
    "HGET",
    "HSET",
    "LLEN",
    "LPUSH",
    "RPOP",
    "RPUSH",
    "SADD",
    "SMEMBERS",
    "SREM",
    "SET",
    "WATCH",
    "ZADD",
    "ZREM",
    "ZREVRANGEBYSCORE",
]
_ON_STREAMS = (
    *(("XGROUP", sub) for sub in ("CREATE", "DELCONSUMER", "DESTROY")),
    *(("XINFO", sub) for sub in ("CONSUMERS", "GROUPS", "STREAM")),
)
_OTHERS = (
    *(("INFO",), ("TIME",), ("PING",), ("MULTI",), ("EXEC",), ("SCAN", "0")),
    ("SCRIPT", "LOAD", "return 1"),
    ("EVALSHA", "0", "0"),
    ("PUBLISH", f"{PREFIX}ended", "1"),
    ("SUBSCRIBE", f"{PREFIX}ended"),
    ("XREAD", "STREAMS", f"{PREFIX}documents", "0"),
    ("XREADGROUP", "GROUP", "g", "c", "STREAMS", f"{PREFIX}documents", ">"),
)
NEEDED: tuple[tuple[str, ...], ...] = (
    # Some take several keys: what follows is one, too.
    *((command, f"{PREFIX}x", f"{PREFIX}x") for command in _ON_KEYS),
    *((command, f"{_QUEUES}x", f"{_QUEUES}x") for command in _ON_QUEUES),
    *((*command, f"{PREFIX}x", "0", "0") for command in _ON_STREAMS),
    *_OTHERS,
)
"""Each command that is sent, with what it may be sent with."""

_MISSING = """#!lua flags=no-writes
local missing = {}
for i, command in ipairs(cmsgpack.unpack(ARGV[1])) do
  if redis.acl_check_cmd(unpack(command)) == false then table.insert(missing, i) end
end
return missing
"""


def missing_rights(client: Client) -> list[str]:
    """The commands that the present user may not send, `XADD copydesk:x`; none where nothing is missing."""
    from workers.state.scripts import packed  # noqa: PLC0415 - it stands on the connection

    missing = client.eval(_MISSING, 0, packed([list(command) for command in NEEDED]))
    return [" ".join(NEEDED[i - 1][:2]) for i in missing]
