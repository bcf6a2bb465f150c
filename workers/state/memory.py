"""How full the server is: crawls bring nothing new in before it refuses anything."""

from dataclasses import dataclass

from redis.exceptions import OutOfMemoryError

from workers.state.connection import Client

Full = OutOfMemoryError
"""The server is full, and refused what would have brought something new in."""
ADVICE = "raise the server's maxmemory, or have consumers catch up; crawls go on by themselves"
SHORT = 0.85
"""The share of `maxmemory` above which crawls wait, so that what is under way has room to end."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The server's memory, in bytes, as it counts it itself."""

    used: int
    limit: int
    """Its `maxmemory`; 0 where it has none."""

    @property
    def share(self) -> float:
        """How much of the limit is used; 0 where there is none."""
        return self.used / self.limit if self.limit else 0.0

    @property
    def is_short(self) -> bool:
        """Whether nothing new should come in."""
        return self.share >= SHORT

    def __str__(self) -> str:
        """For a person: `870 of 1,000 MiB of the server's memory are used`."""
        if not self.limit:
            return f"{self.used / 2**20:,.0f} MiB of the server's memory are used"
        used, limit = self.used / 2**20, self.limit / 2**20
        figures = f"{used:,.0f} of {limit:,.0f}" if limit >= 100 else f"{used:.1f} of {limit:.1f}"
        return f"{figures} MiB of the server's memory are used"


def memory_of(client: Client) -> Memory:
    """Ask the server."""
    facts = client.info("memory")
    uncounted = int(facts.get("mem_not_counted_for_evict", 0))
    used, limit = int(facts["used_memory"]) - uncounted, int(facts.get("maxmemory", 0))
    return Memory(used, limit)
