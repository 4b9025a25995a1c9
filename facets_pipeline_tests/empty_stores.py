"""Empty stores by copying one: creating a store by its migrations takes many times as long.

No test belongs here. What creating does is tried where that is the matter, with addresses at which
nothing is yet.
"""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from facets_pipeline.adapters.store.database import Database
from facets_pipeline_tests.postgres_server import PostgresServer


@dataclass(slots=True)
class EmptyStores:
    """Makes empty stores.

    Attributes:
        folder: A folder of its own, for as long as the tests run.
    """

    folder: Path
    _templates: dict[Path, str] = field(default_factory=dict[Path, str])

    def on_sqlite(self, file: Path) -> str:
        """Put an empty store into `file`; return its address."""
        template = self.folder / "template.db"
        if not template.exists():
            Database.open(f"sqlite:///{template}").close()
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(template, file)
        return f"sqlite:///{file}"

    @contextmanager
    def on_postgres(self, server: PostgresServer) -> Generator[str]:
        """Lend the address of an empty store in a database of `server` of its own."""
        if server.folder not in self._templates:
            self._templates[server.folder] = name = server.new_database()
            Database.open(server.url(name)).close()
        with server.fresh_database(self._templates[server.folder]) as name:
            yield server.url(name)
