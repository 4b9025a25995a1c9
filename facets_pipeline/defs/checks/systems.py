"""Which code systems the checks are about: those that were loaded.

A check has one verdict, whatever partition was materialised last: a red one must not turn green
because another code system is well. So checks look at every loaded system.
"""

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.code_systems import CODE_SYSTEMS


def loaded_systems(store: Store) -> list[str]:
    """Return the names of the code systems that have a source."""
    return [name for name in CODE_SYSTEMS if store.releases.newest(name) is not None]
