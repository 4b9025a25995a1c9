"""What runs by itself. What is free runs by default; what spends money is started by a person."""

import dagster as dg

FOLLOWS = (
    # Since it was last handled: a backfill counts as in progress until the daemon closes it, some
    # ticks after its last run, and an update that only the tick after it saw would be forgotten.
    dg.AutomationCondition.any_deps_updated().since_last_handled()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("its inputs changed and are at rest")
"""For assets that cost nothing: they follow what they are made from."""


def free_work(*assets: dg.AssetsDefinition) -> dg.AutomationConditionSensorDefinition:
    """Return the sensor that lets `assets` follow their inputs; it runs by default."""
    return dg.AutomationConditionSensorDefinition(
        "free_work",
        target=dg.AssetSelection.assets(*assets),
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Validates and reports whenever facets change. Runs by default: it is free.",
    )
