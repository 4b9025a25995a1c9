"""Dagster resources: thin shells around plain objects. Settings are read when a run starts."""

import dagster as dg

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.dead_runs import say_whose
from facets_pipeline.engine.fill import Progress, silent
from facets_pipeline.settings import Settings


class StoreResource(dg.ConfigurableResource[Store]):
    """Opens the store that the settings name.

    The address is not a field: it may hold a password, and run configuration is shown in the UI.
    """

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Let the run say which process it belongs to, so that it is ended if that dies."""
        # Runs execute in one process (see `definitions`), so that this one is the run's.
        if context.run is not None and context.instance is not None:
            say_whose(context.instance, context.run)

    def open(self) -> Store:
        """Return the open store; close it, or use it as a context manager."""
        return Store.open(Settings.load().store_url)


class ProgressResource(dg.ConfigurableResource[None]):
    """Where long work shows how far it is: nowhere here, the command line puts its own in."""

    def start(self, code_system: str, pending: int) -> Progress:
        """Return what is called with the figures so far."""
        del code_system, pending
        return silent

    def say(self, line: str) -> None:
        """Show a line about long work: nowhere here."""
        del line
