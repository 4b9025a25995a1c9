"""The prompt cache: which part of a prompt is read, which is written, which is neither.

An entry is usable once the answer that wrote it has begun, so that parallel cold requests each pay
for writing. Prices of the three parts are in `billing`.
"""

from dataclasses import dataclass

from facets_pipeline_tests.claude_server.prompt import Boundary, Prompt

LOOK_BACK = 20
TTL_SECONDS = {"5m": 300.0, "1h": 3600.0}
PURGE_ABOVE = 10_000


@dataclass(frozen=True, slots=True)
class CacheUse:
    """How the tokens of one prompt divide; the four parts add up to the prompt."""

    read: int
    write_5m: int
    write_1h: int
    uncached: int

    @property
    def limited(self) -> int:
        """Tokens that count against the input limit: all but the ones read from the cache."""
        return self.uncached + self.write_5m + self.write_1h


@dataclass(slots=True)
class _Entry:
    usable_from: float
    expires_at: float
    ttl: float


class PromptCache:
    """Entries by prefix, living as long as they are read."""

    def __init__(self) -> None:
        self._entries: dict[bytes, _Entry] = {}

    def look(self, prompt: Prompt, min_cacheable: int, now: float) -> CacheUse:
        """Return how a prompt would divide now, changing nothing.

        Args:
            prompt: The tokenised request.
            min_cacheable: Prefixes of fewer tokens are silently not cached.
            now: Seconds since the epoch.
        """
        marked = _marked(prompt, min_cacheable)
        read = max((self._read_from(prompt, index, now) for index in marked), default=0)
        parts = {"5m": 0, "1h": 0}
        position = read
        for index in marked:
            boundary = prompt.boundaries[index]
            if boundary.tokens > position and boundary.ttl is not None:
                parts[boundary.ttl] += boundary.tokens - position
                position = boundary.tokens
        return CacheUse(read, parts["5m"], parts["1h"], prompt.tokens - position)

    def store(self, prompt: Prompt, min_cacheable: int, now: float, usable_from: float) -> None:
        """Write the marked prefixes of a prompt that is being answered; renew those that were read.

        Args:
            prompt: The tokenised request.
            min_cacheable: Prefixes of fewer tokens are silently not cached.
            now: Seconds since the epoch.
            usable_from: When the answer begins, and with it the entry can be read.
        """
        if len(self._entries) > PURGE_ABOVE:
            self._entries = {
                digest: entry for digest, entry in self._entries.items() if entry.expires_at > now
            }
        for index in _marked(prompt, min_cacheable):
            boundary = prompt.boundaries[index]
            ttl = TTL_SECONDS[boundary.ttl or "5m"]
            entry = self._entries.get(boundary.digest)
            if entry is None or entry.expires_at <= now:
                self._entries[boundary.digest] = _Entry(usable_from, now + ttl, ttl)
            else:
                entry.expires_at = max(entry.expires_at, now + entry.ttl)

    def _read_from(self, prompt: Prompt, index: int, now: float) -> int:
        first = max(0, index - LOOK_BACK + 1)
        window = prompt.boundaries[first : index + 1]
        return max((at.tokens for at in window if self._usable(at, now)), default=0)

    def _usable(self, boundary: Boundary, now: float) -> bool:
        entry = self._entries.get(boundary.digest)
        return entry is not None and entry.usable_from <= now < entry.expires_at


def _marked(prompt: Prompt, min_cacheable: int) -> list[int]:
    return [
        index
        for index, boundary in enumerate(prompt.boundaries)
        if boundary.ttl is not None and boundary.tokens >= min_cacheable
    ]
