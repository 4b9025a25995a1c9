"""The job `load_newest_release`: the newest release of a code system, and then what it left to ask.

For the quarterly schedule, and for one click in the page. `raw_codes` alone loads and asks nothing.
"""

import dagster as dg
from pydantic import Field

from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.fill_ledger import fill_pending
from facets_pipeline.defs.raw_codes import RawCodesConfig, load_release, raw_codes
from facets_pipeline.defs.resources import StoreResource
from facets_pipeline.domain.code_systems import code_system

HCPCS = "HCPCS"
"""The code system of which CMS publishes a release every quarter."""


class NewestReleaseConfig(RawCodesConfig):
    """What to load."""

    code_system: str = Field(default=HCPCS, description="The code system.")


@dg.op(
    out=dg.Out(dg.Nothing),
    description="Load the newest release from the configured source, and show it as raw_codes.",
)
def load_newest(
    context: dg.OpExecutionContext, config: NewestReleaseConfig, store: StoreResource
) -> None:
    """Load it; a release from which many codes vanish is refused, and nothing is asked then."""
    with plain_failures(), store.open() as opened:
        system = code_system(config.code_system)
        metadata = load_release(context, opened, system, config)
    context.log_event(
        dg.AssetMaterialization(raw_codes.key, partition=system.name, metadata=metadata)
    )


@dg.job(
    description="Load the newest release of a code system from its configured source, then ask "
    "about what is pending. With a key it spends, under the budget of the day."
)
def load_newest_release() -> None:
    """Load, then ask."""
    fill_pending(after=load_newest())
