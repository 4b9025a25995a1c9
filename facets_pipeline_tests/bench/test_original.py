"""The baseline does what it stands for: one uncached request per code, all eleven keys."""

from decimal import Decimal

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline_tests.bench import original
from facets_pipeline_tests.claude_server import running_server

CODES = [
    Code("HCPCS", "A0080", long_descriptor="Ride by volunteer, per mile"),
    Code("HCPCS", "A0110", long_descriptor="Ride by bus"),
]


def test_the_loop_asks_once_per_code_without_a_cache() -> None:
    with running_server(answerer=f"{original.__name__}:answer") as server:
        found = original.ask_in_turn(server.base_url, server.api_key, CODES, 0.0)
        account = server.admin.account()
    assert set(found) == {"A0080", "A0110"}
    assert all(
        set(facets) == {facet.name for facet in CODEBOOK.facets} for facets in found.values()
    )
    assert account["paid_codes"] == {"A0080": 1, "A0110": 1}
    usage = account["usage"]
    assert (usage["read"], usage["write_5m"], usage["thinking"]) == (0, 0, 0)
    expected = (usage["input"] * 3 + usage["output"] * 15) / Decimal(1_000_000)
    assert Decimal(account["cost_usd"]) == expected
