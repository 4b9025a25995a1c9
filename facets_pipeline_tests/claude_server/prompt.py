"""A request as the sequence of texts that is tokenised and cached: tools, format, system, messages.

Tokens are characters divided by 3.5, rounded up, over the whole prefix; a deliberate simplification
that the token count endpoint shares. What a prefix costs is decided in `cache` and `billing`.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from facets_pipeline_tests.claude_server.api_errors import invalid
from facets_pipeline_tests.claude_server.request_shape import (
    CacheControl,
    CountRequest,
    TextBlock,
    answer_schema,
)

CHARACTERS_PER_TOKEN = 3.5
MAX_BREAKPOINTS = 4


@dataclass(frozen=True, slots=True)
class Boundary:
    """The end of one piece of the prompt.

    Attributes:
        digest: Identifies everything up to here.
        tokens: Tokens up to here.
        ttl: "5m" or "1h" if the prefix is to be cached up to here, else None.
    """

    digest: bytes
    tokens: int
    ttl: str | None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A tokenised request."""

    boundaries: tuple[Boundary, ...]

    @property
    def tokens(self) -> int:
        """Tokens of the whole prompt."""
        return self.boundaries[-1].tokens


def count_tokens(characters: int) -> int:
    """Return the number of tokens that a text of so many characters has."""
    return math.ceil(characters / CHARACTERS_PER_TOKEN)


def tokenise(request: CountRequest, model_id: str) -> Prompt:
    """Return the prompt of a request, with its cache breakpoints checked.

    Raises:
        ApiError: 400 for more than four breakpoints, or a 1h one after a 5m one.
    """
    pieces = list(_pieces(request))
    if request.cache_control is not None:
        text, _ = pieces[-1]
        pieces[-1] = (text, request.cache_control)
    _check_breakpoints([marker.ttl for _, marker in pieces if marker is not None])
    running = hashlib.sha256(model_id.encode())
    characters = 0
    boundaries: list[Boundary] = []
    for text, marker in pieces:
        characters += len(text)
        running.update(f"{len(text)}:".encode())
        running.update(text.encode("utf-8", "surrogatepass"))
        ttl = marker.ttl if marker is not None else None
        boundaries.append(Boundary(running.digest(), count_tokens(characters), ttl))
    return Prompt(tuple(boundaries))


def _pieces(request: CountRequest) -> Iterator[tuple[str, CacheControl | None]]:
    for tool in request.tools or []:
        yield tool.model_dump_json(exclude={"cache_control"}), tool.cache_control
    schema = answer_schema(request)
    if schema is not None:
        yield json.dumps(schema, separators=(",", ":")), None
    for block in request.system or []:
        yield block.text, block.cache_control
    for turn in request.messages:
        for block in turn.content:
            if isinstance(block, TextBlock):
                yield block.text, block.cache_control
            else:
                yield block.thinking, None


def _check_breakpoints(ttls: list[str]) -> None:
    if len(ttls) > MAX_BREAKPOINTS:
        raise invalid(
            f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. "
            f"Found {len(ttls)}."
        )
    if sorted(ttls) != ttls:  # "1h" sorts before "5m"
        raise invalid(
            "cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' "
            "cache_control block, in the order tools, system, messages"
        )


def cut_to_tokens(text: str, tokens: int) -> str:
    """Return the beginning of `text` that fits into so many tokens."""
    return text[: int(tokens * CHARACTERS_PER_TOKEN)]
