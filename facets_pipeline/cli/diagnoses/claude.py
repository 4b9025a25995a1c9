"""Claude: the key as it is written, the prices that count, and with leave the API itself."""

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from facets_pipeline.cli.diagnoses.diagnosis import Diagnosis

if TYPE_CHECKING:
    from facets_pipeline.settings import Settings

KEY_BEGINS: Final = "sk-ant-"
"""How keys of the Claude API begin; behind a gateway of one's own they may be anything."""

OLD_PRICES: Final = timedelta(days=180)


def key(settings: "Settings") -> Iterator[Diagnosis]:
    """Look at the key as it is written; it is not shown, and nobody is asked."""
    stated = settings.anthropic_api_key
    if stated is None or not settings.has_key:
        text = "ANTHROPIC_API_KEY is not set: the embedded rules answer, at no cost"
        yield Diagnosis("claude key", "note", text)
        return
    text = stated.get_secret_value().strip()
    again = "copy it again from the Claude Console into ANTHROPIC_API_KEY"
    if not (text.isascii() and text.isprintable()) or any(sign in text for sign in " \"'"):
        found = "ANTHROPIC_API_KEY holds blanks, quotes or letters that no key has"
        yield Diagnosis("claude key", "fault", found, again)
    elif not text.startswith(KEY_BEGINS) and not os.environ.get("ANTHROPIC_BASE_URL"):
        found = f"ANTHROPIC_API_KEY does not begin with {KEY_BEGINS}, as keys of the API do"
        yield Diagnosis("claude key", "fault", found, again)
    else:
        yield Diagnosis("claude key", "ok", "ANTHROPIC_API_KEY is set")


def prices(settings: "Settings") -> Iterator[Diagnosis]:
    """Look whether the prices of the configured model are known, and from when."""
    from facets_pipeline.adapters.annotators.claude.prices import model_table

    today = datetime.now(UTC).date()
    facts = model_table(settings.prices_file).model_facts(settings.model, today)
    own = "write today's prices into a file and name it in FACETS_PRICES_FILE"
    if facts.prices is None:
        found = f"what {facts.id} costs is not known, so that budgets cannot hold"
        yield Diagnosis("prices", "fault", found, own)
    elif facts.as_of is not None and today - facts.as_of > OLD_PRICES:
        found = f"the prices of {facts.id} are of {facts.as_of.isoformat()}"
        yield Diagnosis("prices", "note", found, own)
    else:
        when = f" of {facts.as_of.isoformat()}" if facts.as_of else ""
        yield Diagnosis("prices", "ok", f"{facts.id}: prices{when}")


def api(settings: "Settings") -> Iterator[Diagnosis]:
    """Ask the API about the configured model, which is free: is the key taken, is it reached?"""
    from facets_pipeline.adapters.annotators.claude.client import ClaudeClient

    async def ask() -> str | None:
        async with ClaudeClient(settings.anthropic_api_key) as client:
            return (await client.model_info(settings.model)).lifecycle

    lifecycle = asyncio.run(ask())
    state = f" ({lifecycle})" if lifecycle else ""
    yield Diagnosis("claude api", "ok", f"the key is taken, {settings.model} is there{state}")
