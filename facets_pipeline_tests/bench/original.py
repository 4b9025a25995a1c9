"""The baseline: the sequential loop that this pipeline replaces, in plain code.

One request per code, the whole question in one long prompt that is not cached, free text that holds
JSON with all eleven keys, and a pause of a fiftieth of a minute after each request. It has no
ledger, no repair and no shared limit: it is here to be compared with.
"""

import json
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from anthropic import Anthropic

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline_tests.bench.codes import SYSTEM
from facets_pipeline_tests.claude_server.answers import Ask

MODEL: Final = "claude-sonnet-4-6"
"""A model at the original's prices that does not think unless it is told to."""

PAUSE_SECONDS: Final = 60 / 50
MAX_TOKENS: Final = 1_000


def ask_in_turn(
    base_url: str, api_key: str, codes: Sequence[Code], pause_seconds: float
) -> dict[str, dict[str, object]]:
    """Ask about one code after the other, pausing in between; return the facets by code."""
    found: dict[str, dict[str, object]] = {}
    with Anthropic(base_url=base_url, api_key=api_key) as client:
        for code in codes:
            reply = client.messages.create(
                model=MODEL,
                max_tokens=MAX_TOKENS,
                messages=[{"role": "user", "content": prompt(code)}],
            )
            text = "".join(block.text for block in reply.content if block.type == "text")
            found[code.code] = json.loads(text)
            time.sleep(pause_seconds)
    return found


def prompt(code: Code) -> str:
    """Return the whole question about one code: each facet, its definition and its values."""
    facets = "\n\n".join(
        f"{facet.name}: {facet.definition}\nOne of: "
        + ", ".join(str(value.name).lower() for value in facet.values)
        + ", or null."
        for facet in CODEBOOK.facets
    )
    question = json.dumps({"code": code.code, "descriptor": code.descriptor})
    return (
        "Label this medical procedure code with the following facets.\n\n"
        f"{facets}\n\nReturn one JSON object with all of these keys and nothing else.\n\n{question}"
    )


def answer(ask: Ask) -> str:
    """Return what the server says to the baseline: all eleven keys, null where nothing applies."""
    item = ask.items[0]
    code = Code(SYSTEM.name, str(item["code"]), long_descriptor=str(item["descriptor"]))
    return json.dumps({facet: stated.value for facet, stated in rules_opinion(code).items()})


def dollars_each(cost_usd: Decimal, codes: int) -> float:
    """Return what one code cost."""
    return float(cost_usd / codes)
