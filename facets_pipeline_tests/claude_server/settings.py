"""Every setting of the server, and the same settings as command line options.

`python -m facets_pipeline_tests.claude_server --help` lists them; `running_server` takes them by
name.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, cast, get_type_hints

from facets_pipeline_tests.claude_server.faults import Fault


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Limits per minute of one model or family; None means no limit and no headers for it."""

    rpm: float | None = None
    itpm: float | None = None
    otpm: float | None = None


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the server behaves.

    Attributes:
        port: Port on 127.0.0.1; 0 takes a free one.
        api_key: The one key that is accepted.
        rpm: Requests per minute for each model; None for no limit.
        itpm: Input tokens per minute, cache reads not counted.
        otpm: Output tokens per minute.
        burst_seconds: How much of a minute's allowance may be used at once.
        ramp_rpm: Requests per minute allowed at first, doubling; None for no ramp limit.
        ramp_doubling_seconds: Time in which the ramp's allowance doubles.
        count_rpm: Token counts per minute; None for no limit.
        batch_rpm: Calls of the batch endpoints per minute; None for no limit.
        batch_queue: Requests that may wait in batches at once; None for no limit.
        latency_seconds: Time until an answer begins.
        seconds_per_token: Further time per output token.
        compile_seconds: Further time when an answer schema is used for the first time in 24 h.
        clock_scale: How many times faster latencies and batches pass.
        batch_seconds: Time from a batch's creation until all its requests are processed.
        batch_cache_share: Share of a batch's requests that find the cache; the rest pay in full.
        thinking_tokens: Tokens of thinking at medium effort; other efforts scale from it.
        grammar_limit: Largest answer schema that compiles, in units of `grammar_size`.
        max_body_bytes: Largest body of a message request or token count.
        max_batch_bytes: Largest body of a batch.
        max_batch_requests: Most requests of one batch.
        answerer: "module:function" that takes an `Ask` and returns the answer's text.
        facets_file: JSON file {code: {facet: value}} that the default answerer answers from.
        state_file: File that keeps account and batches over a restart; None keeps them in memory.
        seed: Seed of the draws by probability.
        faults: What goes wrong.
    """

    port: int = 0
    api_key: str = "test-key"
    rpm: float | None = None
    itpm: float | None = None
    otpm: float | None = None
    burst_seconds: float = 1.0
    ramp_rpm: float | None = None
    ramp_doubling_seconds: float = 60.0
    count_rpm: float | None = None
    batch_rpm: float | None = None
    batch_queue: int | None = 200_000
    latency_seconds: float = 0.0
    seconds_per_token: float = 0.0
    compile_seconds: float = 0.0
    clock_scale: float = 1.0
    batch_seconds: float = 0.0
    batch_cache_share: float = 0.9
    thinking_tokens: int = 60
    grammar_limit: int = 30_000
    max_body_bytes: int = 32 * 1024 * 1024
    max_batch_bytes: int = 256 * 1024 * 1024
    max_batch_requests: int = 100_000
    answerer: str | None = None
    facets_file: str | None = None
    state_file: str | None = None
    seed: int = 0
    faults: tuple[Fault, ...] = field(default=())

    @property
    def limits(self) -> LimitSettings:
        """The limits that each model starts with."""
        return LimitSettings(self.rpm, self.itpm, self.otpm)


def as_options(settings: ServerSettings) -> list[str]:
    """Return the command line options that make these settings."""
    options: list[str] = []
    for one in fields(settings):
        value: Any = getattr(settings, one.name)
        if one.name == "faults":
            value = json.dumps([asdict(fault) for fault in settings.faults])
        if value is not None:
            options += [f"--{one.name.replace('_', '-')}", str(value)]
        elif one.default is not None:
            options += [f"--{one.name.replace('_', '-')}", "none"]
    return options


def from_options(options: Sequence[str]) -> ServerSettings:
    """Return the settings that command line options make; exits with usage on wrong ones."""
    hints = get_type_hints(ServerSettings)
    parser = argparse.ArgumentParser(prog="claude_server", description=__doc__)
    for one in fields(ServerSettings):
        parser.add_argument(
            f"--{one.name.replace('_', '-')}",
            type=_read_faults if one.name == "faults" else _reader(hints[one.name]),
            default=one.default,
        )
    return ServerSettings(**vars(parser.parse_args(options)))


def _reader(hint: object) -> Callable[[str], object]:
    for kind in (int, float, str):
        if hint == kind:
            return kind
        if hint == kind | None:
            return _or_none(kind)
    raise TypeError(f"A setting has the type {hint!r}, expected int, float or str.")


def _or_none(kind: Callable[[str], object]) -> Callable[[str], object]:
    def read(text: str) -> object:
        return None if text == "none" else kind(text)

    return read


def _read_faults(text: str) -> tuple[Fault, ...]:
    return tuple(Fault.read(row) for row in _rows(json.loads(text)))


def _rows(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list):
        raise TypeError(f"Faults were given as {value!r}, expected a JSON array of objects.")
    return cast("list[Mapping[str, object]]", value)
