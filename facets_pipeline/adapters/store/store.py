"""The whole store behind one door: everything that is kept, over one open database."""

from datetime import UTC, date, datetime
from types import TracebackType
from typing import Final, Self

from facets_pipeline.adapters.store import throttle
from facets_pipeline.adapters.store.cells import Cells
from facets_pipeline.adapters.store.codes import CodeHistory
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.decisions import Decisions
from facets_pipeline.adapters.store.figures import Figures
from facets_pipeline.adapters.store.flat_table import FlatTable, RefreshReport
from facets_pipeline.adapters.store.ledger import StoreLedger
from facets_pipeline.adapters.store.recipes import Recipes
from facets_pipeline.adapters.store.references import References
from facets_pipeline.adapters.store.releases import Releases
from facets_pipeline.adapters.store.second_opinions import SecondOpinions
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.reconciliation import Reconcile
from facets_pipeline.engine.throttle import Limits


class Store:
    """An open store; use it as a context manager, or close it.

    Attributes:
        database: The database underneath.
        codes: What is known of each code.
        releases: Loading sources.
        references: Official tables that the user loaded.
        recipes: What decides answers, per code system.
        ledger: Claims and outcomes.
        cells: Figures per partition.
        second: The derived table of second opinions.
        flat: The derived table of facets.
        decisions: What people decided.
        figures: Figures for the report.
    """

    def __init__(self, database: Database, codebook: Codebook = CODEBOOK) -> None:
        self.database: Final = database
        self.codes: Final = CodeHistory(database)
        self.releases: Final = Releases(database)
        self.references: Final = References(database)
        self.recipes: Final = Recipes(database)
        self.ledger: Final = StoreLedger(database)
        self.cells: Final = Cells(database)
        self.second: Final = SecondOpinions(database, codebook)
        self.flat: Final = FlatTable(database, codebook, self.second)
        self.decisions: Final = Decisions(database, self.flat, codebook)
        self.figures: Final = Figures(database, self.flat, codebook)

    @classmethod
    def open(cls, url: str, codebook: Codebook = CODEBOOK) -> Self:
        """Open the store at `url`; create or migrate it where needed.

        Raises:
            SettingsError: The address cannot be understood.
            StoreError: The store cannot be reached, created or migrated.
        """
        return cls(Database.open(url), codebook)

    def refresh_rows(self, code_system: str, reconcile: Reconcile) -> RefreshReport:
        """Bring the rows of a code system up to date, standing on what `reconcile` says."""
        self.recipes.reconcile_by(code_system, reconcile)
        return self.flat.refresh(code_system, self.today())

    def limits(self, model: str) -> Limits:
        """Return the rate limits that were learnt for a model."""
        with self.database.read() as connection:
            return throttle.limits(connection, model)

    def today(self) -> date:
        """Return the day (UTC) on which codes are active or not."""
        return datetime.now(UTC).date()

    def close(self) -> None:
        """Close the connections; the store itself stays."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
