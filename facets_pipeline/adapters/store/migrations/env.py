"""Alembic's entry: it runs this file itself, with the connection that `runner.migrate` passes."""

from alembic import context

from facets_pipeline.adapters.store.migrations.revision import VERSION_TABLE
from facets_pipeline.adapters.store.migrations.runner import CONNECTION_ATTRIBUTE, is_ours
from facets_pipeline.adapters.store.schema import metadata

context.configure(
    connection=context.config.attributes[CONNECTION_ATTRIBUTE],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    include_object=is_ours,
    # SQLite alters a table by copying it.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
