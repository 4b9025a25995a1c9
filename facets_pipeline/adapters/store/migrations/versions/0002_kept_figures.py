"""Figures that are kept until the state that they were counted in has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create their table, and indexes for what is counted again and again."""
    op.create_table(
        "kept_figure",
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="what was counted"),
        sa.Column(
            "made_from", sa.Text(), nullable=False, comment="the state that it was counted in"
        ),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("code_system", "name", name=op.f("pk_kept_figure")),
        comment="derived: can be emptied and counted again",
    )
    for name, column in (("effective", "effective_on"), ("terminated", "terminated_on")):
        op.create_index(f"ix_code_history_{name}", "code_history", ["code_system", column])
    op.create_index("ix_outcome_system", "outcome", ["code_system", "outcome_id"])
    # The flat table has another index too: without its state it is made anew at its next use.
    op.execute("DROP TABLE IF EXISTS procedure_code_facets_state")
    is_a_problem = sa.text("problem IS NOT NULL")
    op.create_index(
        "ix_call_item_problem",
        "call_item",
        ["code_system", "problem"],
        sqlite_where=is_a_problem,
        postgresql_where=is_a_problem,
    )
