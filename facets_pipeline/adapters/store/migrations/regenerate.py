"""Writes the first step anew from the schema: for the time before the first release only.

    python -m facets_pipeline.adapters.store.migrations.regenerate

Stores made before it must be removed: they are at the same step with other tables.
"""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final, Literal

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations import ops

from facets_pipeline.adapters.store.migrations.runner import known_revisions
from facets_pipeline.adapters.store.moments import Utc
from facets_pipeline.adapters.store.schema import metadata

FIRST_STEP: Final = Path(__file__).parent / "versions" / "0001_initial.py"

_HEADER: Final = '''"""The tables of the first release. Written by `regenerate` from the schema."""

# SQLAlchemy leaves open what some of its column types hold:
# pyright: reportUnknownArgumentType=false

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables of the store, parents first."""
    {calls}
'''
_STEP: Final = """

def _create_{table}() -> None:
    {body}
"""


def first_step() -> str:
    """Return the text of the first step: one function per table, nothing imported from here."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        operations = _operations(produce_migrations(context, metadata))
        steps = [_STEP.format(table=t, body=_code(o, context)) for t, o in operations.items()]
    engine.dispose()
    calls = "\n    ".join(f"_create_{table}()" for table in operations)
    return _HEADER.format(calls=calls) + "".join(steps)


def _code(operations: list[ops.MigrateOperation], context: MigrationContext) -> str:
    """Return operations as the body of a function."""
    text = render_python_code(
        ops.UpgradeOps(ops=operations), render_item=_render_item, migration_context=context
    )
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return "\n".join(lines).strip()


def _operations(script: ops.MigrationScript) -> dict[str, list[ops.MigrateOperation]]:
    """Return the operations by table, in the order in which tables can be created."""
    by_table: defaultdict[str, list[ops.MigrateOperation]] = defaultdict(list)
    for operation in script.upgrade_ops.ops if script.upgrade_ops else []:
        if isinstance(operation, ops.CreateTableOp | ops.ModifyTableOps):
            by_table[operation.table_name].append(operation)
        else:
            raise TypeError(
                f"{operation!r} is not part of creating a table: write the step by hand"
            )
    return dict(by_table)


def _render_item(kind: str, item: object, context: AutogenContext) -> str | Literal[False]:
    """Write our own types as what they are in the database: a step outlives our classes."""
    del context
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    return False


def main() -> None:
    """Write the file, formatted; refuse once there are later steps."""
    if len(known_revisions()) > 1:
        raise SystemExit("There are later steps: the first one is released and stays as it is.")
    FIRST_STEP.write_text(first_step(), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", str(FIRST_STEP)], check=True)  # noqa: S603 - our own file


if __name__ == "__main__":
    main()
