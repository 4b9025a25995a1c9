"""Measures of tokens and dollars, by the server's account, and the baseline beside them."""

from typing import Final

from facets_pipeline_tests.bench import original
from facets_pipeline_tests.bench.lines import Line, at_most, fact
from facets_pipeline_tests.bench.stage import Filled, Stage
from facets_pipeline_tests.bench.volume import (
    FASTER,
    FIRST_SECONDS,
    TOKEN_SECONDS,
    original_world_run,
    unlimited_run,
)

INPUT_USD: Final = 3.0
WRITE_USD: Final = 3.75
READ_USD: Final = 0.30
OUTPUT_USD: Final = 15.0
"""The original's prices, in US dollars per million tokens."""

RELEASE_CODES: Final = 8_642
"""Codes of the original's release."""

BATCH_FACTOR: Final = 0.5
BASELINE_CODES: Final = 60


def tokens(stage: Stage) -> list[Line]:
    """Tokens per code at the default number of codes per request, without thinking."""
    run = unlimited_run(stage)
    usage, codes = run.usage, run.codes
    equivalents = _input_dollars(run) / INPUT_USD * 1e6 / codes
    return [
        at_most("tokens per code: output", usage["output"] / codes, 45.0),
        at_most("  input-equivalents", equivalents, 120.0),
        at_most("  thinking", usage["thinking"] / codes, 0.0),
        fact("  codes per request", f"{codes / len(run.calls):.1f}"),
        fact("  input / written / read, per request", _kinds(run)),
    ]


def cost(stage: Stage) -> list[Line]:
    """A release at the original's prices: the measured tokens, priced by kind."""
    run = unlimited_run(stage)
    name = f"{RELEASE_CODES:,} codes at $3/$15"
    lines = [at_most(f"{name}: messages", messages_dollars(run), 10.0, "${:.2f}")]
    for share in (0.98, 0.60, 0.0):
        what, dollars = f"  batches, {share:.0%} cache hits", _batch_dollars(run, share)
        if share == 0.98:
            lines.append(at_most(what, dollars, 5.20, "${:.2f}"))
        else:
            lines.append(fact(what, f"${dollars:.2f}"))
    return lines


def baseline(stage: Stage) -> list[Line]:
    """The sequential loop on a few codes, carried forward to a release, beside ours."""
    codes = stage.set.codes[: min(BASELINE_CODES, stage.count(10 * BASELINE_CODES))]
    with stage.server(
        latency_seconds=FIRST_SECONDS / FASTER,
        seconds_per_token=TOKEN_SECONDS / FASTER,
        answerer=f"{original.__name__}:answer",
    ) as server:
        pause = original.PAUSE_SECONDS / FASTER
        # The first answer is late: the server reads the tables of the rules for it.
        original.ask_in_turn(server.base_url, server.api_key, codes[:1], 0.0)
        server.admin.forget()
        found = original.ask_in_turn(server.base_url, server.api_key, codes, pause)
        calls = server.admin.requests("messages")
        spent = server.admin.cost_usd()
        usage = server.admin.account()["usage"]
    each = FASTER * (calls[-1]["received_at"] - calls[0]["received_at"]) / (len(calls) - 1)
    theirs = original.dollars_each(spent, len(codes)) * RELEASE_CODES
    ours = unlimited_run(stage)
    world = original_world_run(stage)
    hours = world.seconds * FASTER / world.codes * RELEASE_CODES / 3600
    return [
        fact(f"sequential loop, from {len(found)} codes: time",
             f"{each * RELEASE_CODES / 3600:.2f} h"),
        fact("  ours in the same world", f"{hours:.2f} h"),
        fact("  sequential loop: cost", f"${theirs:.2f}"),
        fact("  ours, by messages", f"${messages_dollars(ours):.2f}"),
        fact("  sequential loop: tokens a code, in / out",
             f"{usage['input'] / len(codes):,.0f} / {usage['output'] / len(codes):.0f}"),
    ]  # fmt: skip


def messages_dollars(run: Filled) -> float:
    """Return what a release costs by messages, at the original's prices."""
    dollars = _input_dollars(run) + _million(run.usage["output"], OUTPUT_USD)
    return dollars / run.codes * RELEASE_CODES


def _input_dollars(run: Filled) -> float:
    usage = run.usage
    return (
        _million(usage["input"], INPUT_USD)
        + _million(usage["write_5m"] + usage["write_1h"], WRITE_USD)
        + _million(usage["read"], READ_USD)
    )


def _batch_dollars(run: Filled, share_read: float) -> float:
    """Return what a release costs in batches if that share of the requests finds the cache."""
    usage = run.usage
    prefix = usage["write_5m"] + usage["write_1h"] + usage["read"]
    each = READ_USD * share_read + WRITE_USD * (1 - share_read)
    dollars = (
        _million(usage["input"], INPUT_USD)
        + _million(prefix, each)
        + _million(usage["output"], OUTPUT_USD)
    )
    return BATCH_FACTOR * dollars / run.codes * RELEASE_CODES


def _million(tokens_used: float, usd: float) -> float:
    return tokens_used * usd / 1e6


def _kinds(run: Filled) -> str:
    usage, calls = run.usage, len(run.calls)
    written = usage["write_5m"] + usage["write_1h"]
    return "/".join(f"{kind / calls:.0f}" for kind in (usage["input"], written, usage["read"]))
