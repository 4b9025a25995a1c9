"""What it will take to ask for some codes: requests, tokens by kind, cost and time.

Arithmetic over counts that were measured, or that follow a rule where nothing was. What a price is
and how a call's cost is rounded is in `usage`; nothing here asks anybody.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.model_facts import ModelFacts, Ttl
from facets_pipeline.domain.prompt import Question, answer_schema, system_prompt, user_message
from facets_pipeline.domain.usage import Usage, priced

OUTPUT_TOKENS_PER_CODE = 33
"""Average length of the answer for one code, over labelled codes, with its share of the frame."""

THINKING_TOKENS_PER_CODE = 100
"""Thinking for one code where it cannot be turned off. A guess: measure it."""

HIT_SHARES = (Fraction(98, 100), Fraction(60, 100), Fraction(0))
"""Shares of requests that find the prefix in the cache: the best and a middling case that the
API's pages tell of for batches, and the worst there is."""

SECONDS_PER_REPLY = 0.6
SECONDS_PER_OUTPUT_TOKEN = 0.012
"""How long one reply takes: until it begins, and for each token of it."""

CACHE_SECONDS = 300
"""A prefix that is read stays cached; it is written again at most this often."""

BATCH_SECONDS = 3_600
"""Within this most batches end; the API promises a day."""


def tokens_of(text: str) -> int:
    """Return about how many tokens `text` has: one for 3.5 characters, rounded up."""
    return ceil(Fraction(len(text) * 2, 7))


@dataclass(frozen=True, slots=True)
class Workload:
    """What is to be asked.

    Attributes:
        requests: Requests, each with the whole prefix.
        codes: Codes in all of them.
        prefix_tokens: System prompt and answer schema, the same in each request.
        question_tokens: All that differs, over all requests.
        output_tokens: All answers, thinking included.
        thinking_tokens: The part of them that is thinking.
    """

    requests: int
    codes: int
    prefix_tokens: int
    question_tokens: int
    output_tokens: int
    thinking_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What slows the work down; None is no limit.

    Attributes:
        requests_per_minute: Requests that may begin in a minute.
        input_tokens_per_minute: Input in a minute; reads from the cache do not count.
        output_tokens_per_minute: Output in a minute.
        in_flight: Requests at the same time.
    """

    requests_per_minute: int | None = None
    input_tokens_per_minute: int | None = None
    output_tokens_per_minute: int | None = None
    in_flight: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """The work at one share of cache hits.

    Attributes:
        hit_share: Share of the requests that read the prefix from the cache; the others write it.
        usage: Tokens by kind, over all requests.
        nano: Cost in nano-dollars; None if the price is not known.
    """

    hit_share: Fraction
    usage: Usage
    nano: int | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the work will take.

    Attributes:
        workload: The work.
        is_cached: Whether the prefix is surely long enough to be cached by this model.
        expected: By messages, with one write of the prefix in five minutes.
        messages: By messages, at each of `HIT_SHARES`.
        batches: By batches, at each of `HIT_SHARES`, with a prefix that is kept for an hour.
        message_seconds: How long the messages take under the limits.
        batch_seconds: How long most batches take.
    """

    workload: Workload
    is_cached: bool
    expected: Case
    messages: tuple[Case, ...]
    batches: tuple[Case, ...]
    message_seconds: float
    batch_seconds: float


def prefix_tokens(codebook: Codebook = CODEBOOK) -> int:
    """Return about how many tokens the system prompt and the answer schema have."""
    return tokens_of(system_prompt(codebook)) + tokens_of(json.dumps(answer_schema(codebook)))


def workload_of(
    codes: Sequence[Code],
    *,
    codes_per_request: int,
    thinks: bool,
    prefix: int | None = None,
    output_per_code: float | None = None,
    thinking_per_code: float | None = None,
) -> Workload:
    """Return what it is to ask for `codes`, by what was measured, else by rule.

    Args:
        codes: The pending codes.
        codes_per_request: Most codes in one request.
        thinks: Whether the model thinks before it answers.
        prefix: Tokens of the prefix as the API counted them.
        output_per_code: Output tokens for a code as they were measured, without thinking.
        thinking_per_code: Thinking tokens for a code as they were measured.
    """
    groups = [
        codes[start : start + codes_per_request]
        for start in range(0, len(codes), codes_per_request)
    ]
    asked = (tokens_of(user_message([Question(code) for code in group])) for group in groups)
    answer = OUTPUT_TOKENS_PER_CODE if output_per_code is None else output_per_code
    thought = THINKING_TOKENS_PER_CODE if thinking_per_code is None else thinking_per_code
    thinking_tokens = ceil(thought * len(codes)) if thinks else 0
    return Workload(
        requests=len(groups),
        codes=len(codes),
        prefix_tokens=prefix_tokens() if prefix is None else prefix,
        question_tokens=sum(asked),
        output_tokens=ceil(answer * len(codes)) + thinking_tokens,
        thinking_tokens=thinking_tokens,
    )


def estimate(workload: Workload, facts: ModelFacts, limits: Limits) -> Estimate:
    """Return what `workload` will take with a model, under limits."""
    is_cached = facts.caches(workload.prefix_tokens)
    # Writes and time depend on each other; the time without any write is close enough for a count.
    patient = seconds(workload, usage_at(workload, Fraction(1), ttl="5m"), limits)
    writes = min(workload.requests, 1 + floor(patient / CACHE_SECONDS))
    hits = 1 - Fraction(writes, workload.requests) if workload.requests else Fraction(0)
    expected = case(workload, facts, hits, batch=False)
    return Estimate(
        workload=workload,
        is_cached=is_cached,
        expected=expected,
        messages=tuple(case(workload, facts, share, batch=False) for share in HIT_SHARES),
        batches=tuple(case(workload, facts, share, batch=True) for share in HIT_SHARES),
        message_seconds=seconds(workload, expected.usage, limits),
        batch_seconds=BATCH_SECONDS if workload.requests else 0,
    )


def case(workload: Workload, facts: ModelFacts, hit_share: Fraction, *, batch: bool) -> Case:
    """Return tokens and cost of `workload` at one share of cache hits.

    A prefix that the model may not cache is input at full price, whatever the share.
    """
    cached = facts.caches(workload.prefix_tokens)
    usage = usage_at(workload, hit_share if cached else None, ttl="1h" if batch else "5m")
    # Which price holds is decided by the length of one prompt, not of all of them together.
    prices = facts.prices_at(ceil(Fraction(usage.prompt_tokens, max(1, workload.requests))))
    factor = facts.batch_factor if batch else Decimal(1)
    nano = None if prices is None else priced(usage, prices, factor)
    return Case(hit_share if cached else Fraction(0), usage, nano)


def usage_at(workload: Workload, hit_share: Fraction | None, *, ttl: Ttl) -> Usage:
    """Return the tokens of `workload` by kind.

    Args:
        workload: The work.
        hit_share: Share of the requests that read the prefix from the cache while the others write
            it; None if the prefix is not cached at all.
        ttl: How long what is written stays cached.
    """
    reads = floor(hit_share * workload.requests) if hit_share is not None else 0
    missed = (workload.requests - reads) * workload.prefix_tokens
    return Usage(
        input_tokens=workload.question_tokens + (missed if hit_share is None else 0),
        cache_read_tokens=reads * workload.prefix_tokens,
        cache_write_5m_tokens=missed if hit_share is not None and ttl == "5m" else 0,
        cache_write_1h_tokens=missed if hit_share is not None and ttl == "1h" else 0,
        output_tokens=workload.output_tokens,
        thinking_tokens=workload.thinking_tokens,
    )


def seconds(workload: Workload, usage: Usage, limits: Limits) -> float:
    """Return how long the requests of `workload` take: the slowest limit, and the last reply."""
    if not workload.requests:
        return 0.0
    one_reply = SECONDS_PER_REPLY + SECONDS_PER_OUTPUT_TOKEN * (
        workload.output_tokens / workload.requests
    )
    # The last reply is waited for besides, so it does not count among those before it.
    before = workload.requests - 1
    waits = [0.0 if limits.in_flight is None else before * one_reply / limits.in_flight]
    for amount, limit in (
        (before, limits.requests_per_minute),
        (usage.limited_tokens, limits.input_tokens_per_minute),
        (workload.output_tokens, limits.output_tokens_per_minute),
    ):
        if limit is not None:
            waits.append(60 * amount / limit)
    return max(waits) + one_reply
