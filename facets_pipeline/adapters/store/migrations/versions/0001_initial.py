"""The first tables."""

# SQLAlchemy leaves open what some of its column types hold:
# pyright: reportUnknownArgumentType=false

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables of the store, parents first."""
    _create_budget()
    _create_decision()
    _create_gold_release()
    _create_rate_limit()
    _create_recipe()
    _create_reference_release()
    _create_second_opinion()
    _create_second_opinion_state()
    _create_source_release()
    _create_active_recipe()
    _create_batch()
    _create_code_history()
    _create_evaluation()
    _create_force_request()
    _create_gold_label()
    _create_reference_value()
    _create_source_issue()
    _create_call()
    _create_call_item()
    _create_opinion()
    _create_review_answer()
    _create_finding()
    _create_outcome()


def _create_budget() -> None:
    op.create_table(
        "budget",
        sa.Column("scope", sa.Text(), nullable=False, comment="day:2026-11-24 or run:ID"),
        sa.Column("settled_nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("reserved_nano_usd", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_budget")),
    )


def _create_decision() -> None:
    op.create_table(
        "decision",
        sa.Column(
            "decision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("descriptor_hash", sa.Text(), nullable=False),
        sa.Column("facet", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column(
            "action", sa.Text(), nullable=False, comment="set or undo; the newest row counts"
        ),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision")),
    )
    op.create_index(
        "ix_decision_code", "decision", ["code_system", "code", "decision_id"], unique=False
    )


def _create_gold_release() -> None:
    op.create_table(
        "gold_release",
        sa.Column("gold_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False, comment="names of the files"),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of all files' bytes"),
        sa.Column("layouts", sa.JSON(), nullable=False, comment="how each file was read, in words"),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("issues", sa.JSON(), nullable=False, comment="rows not used, or read otherwise"),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("gold_id", name=op.f("pk_gold_release")),
    )


def _create_rate_limit() -> None:
    op.create_table(
        "rate_limit",
        sa.Column("name", sa.Text(), nullable=False, comment="the model"),
        sa.Column(
            "requests_per_minute",
            sa.Double(),
            nullable=True,
            comment="null: not known, as in the next two",
        ),
        sa.Column("input_tokens_per_minute", sa.Double(), nullable=True),
        sa.Column("output_tokens_per_minute", sa.Double(), nullable=True),
        sa.Column(
            "limits_source", sa.Text(), nullable=False, comment="who told them; empty: nobody yet"
        ),
        sa.Column(
            "learnt_at",
            sa.Double(),
            nullable=True,
            comment="this and all moments below: seconds of the epoch",
        ),
        sa.Column("requests_tat", sa.Double(), nullable=False, comment="theoretical arrival time"),
        sa.Column("input_tat", sa.Double(), nullable=False),
        sa.Column("output_tat", sa.Double(), nullable=False),
        sa.Column("granted_start", sa.Double(), nullable=False, comment="of the last grant"),
        sa.Column("not_before", sa.Double(), nullable=False, comment="end of the last pause"),
        sa.Column("paused_seconds", sa.Double(), nullable=False, comment="all pauses, added up"),
        sa.Column("seen_at", sa.Double(), nullable=False, comment="the clock at the last change"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rate_limit")),
    )


def _create_recipe() -> None:
    op.create_table(
        "recipe",
        sa.Column("recipe_id", sa.Text(), nullable=False),
        sa.Column("annotator", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("recipe_id", name=op.f("pk_recipe")),
    )


def _create_reference_release() -> None:
    op.create_table(
        "reference_release",
        sa.Column(
            "reference_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="pprrvu or rbcs"),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reference_id", name=op.f("pk_reference_release")),
    )


def _create_second_opinion() -> None:
    op.create_table(
        "second_opinion",
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("descriptor_hash", sa.Text(), nullable=False),
        sa.Column("stated", sa.JSON(), nullable=False, comment="facet to [value, basis, decided]"),
        sa.Column(
            "open_facets", sa.Integer(), nullable=False, comment="0: nobody needs to be asked"
        ),
        sa.PrimaryKeyConstraint("code_system", "code", name=op.f("pk_second_opinion")),
        comment="derived: can be emptied and made again",
    )


def _create_second_opinion_state() -> None:
    op.create_table(
        "second_opinion_state",
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("made_from", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False, comment="facet to kind of basis to values"),
        sa.PrimaryKeyConstraint("code_system", name=op.f("pk_second_opinion_state")),
    )


def _create_source_release() -> None:
    op.create_table(
        "source_release",
        sa.Column(
            "release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False, comment="path as given, or sql:TABLE"),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the file's bytes"),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("has_dates", sa.Boolean(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False, comment="first, next, partial or full"),
        sa.Column(
            "found", sa.JSON(), nullable=False, comment="columns, encoding and notes of the reader"
        ),
        sa.Column(
            "counts", sa.JSON(), nullable=False, comment="codes, skipped and refused by rule"
        ),
        sa.Column(
            "changes", sa.JSON(), nullable=False, comment="added, changed, absent, unchanged"
        ),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_source_release")),
    )
    op.create_index(
        "ix_source_release_system", "source_release", ["code_system", "release_id"], unique=False
    )


def _create_active_recipe() -> None:
    op.create_table(
        "active_recipe",
        sa.Column(
            "choice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("recipe_id", sa.Text(), nullable=False),
        sa.Column(
            "ask", sa.Text(), nullable=False, comment="all or undecided: which codes are asked"
        ),
        sa.Column(
            "reconcile", sa.Text(), nullable=False, comment="both or claude: what rows stand on"
        ),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recipe_id"], ["recipe.recipe_id"], name=op.f("fk_active_recipe_recipe_id_recipe")
        ),
        sa.PrimaryKeyConstraint("choice_id", name=op.f("pk_active_recipe")),
    )
    op.create_index(
        "ix_active_recipe_system", "active_recipe", ["code_system", "choice_id"], unique=False
    )


def _create_batch() -> None:
    op.create_table(
        "batch",
        sa.Column("batch_id", sa.Text(), nullable=False, comment="ours"),
        sa.Column("recipe_id", sa.Text(), nullable=False),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False, comment="begins every custom id of it"),
        sa.Column(
            "remote_id", sa.Text(), nullable=True, comment="the API's; null until it is known"
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="see the states of a batch"),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="who tends it now; empty: nobody"),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the API last showed it, or what may be it",
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recipe_id"], ["recipe.recipe_id"], name=op.f("fk_batch_recipe_id_recipe")
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_batch")),
        sa.UniqueConstraint("remote_id", name=op.f("uq_batch_remote_id")),
    )
    op.create_index("ix_batch_state", "batch", ["state"], unique=False)


def _create_code_history() -> None:
    op.create_table(
        "code_history",
        sa.Column(
            "history_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("chunk", sa.Text(), nullable=False),
        sa.Column("short_descriptor", sa.Text(), nullable=False),
        sa.Column("long_descriptor", sa.Text(), nullable=False),
        sa.Column("plain_descriptor", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("descriptor_hash", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("terminated_on", sa.Date(), nullable=True),
        sa.Column(
            "absent", sa.Boolean(), nullable=False, comment="a complete release no longer lists it"
        ),
        sa.Column(
            "from_release", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "until_release",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="null: in force",
        ),
        sa.ForeignKeyConstraint(
            ["from_release"],
            ["source_release.release_id"],
            name=op.f("fk_code_history_from_release_source_release"),
        ),
        sa.ForeignKeyConstraint(
            ["until_release"],
            ["source_release.release_id"],
            name=op.f("fk_code_history_until_release_source_release"),
        ),
        sa.PrimaryKeyConstraint("history_id", name=op.f("pk_code_history")),
    )
    op.create_index(
        "ix_code_history_chunk", "code_history", ["code_system", "chunk", "code"], unique=False
    )
    op.create_index(
        "uq_code_history_current",
        "code_history",
        ["code_system", "code"],
        unique=True,
        sqlite_where=sa.text("until_release IS NULL"),
        postgresql_where=sa.text("until_release IS NULL"),
    )


def _create_evaluation() -> None:
    op.create_table(
        "evaluation",
        sa.Column(
            "evaluation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("gold_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False, comment="one per source and code system"),
        sa.Column("evaluated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["gold_id"], ["gold_release.gold_id"], name=op.f("fk_evaluation_gold_id_gold_release")
        ),
        sa.PrimaryKeyConstraint("evaluation_id", name=op.f("pk_evaluation")),
    )


def _create_force_request() -> None:
    op.create_table(
        "force_request",
        sa.Column("force_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("recipe_id", sa.Text(), nullable=False),
        sa.Column(
            "outcome_floor", sa.BigInteger(), nullable=False, comment="older outcomes do not count"
        ),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recipe_id"], ["recipe.recipe_id"], name=op.f("fk_force_request_recipe_id_recipe")
        ),
        sa.PrimaryKeyConstraint("force_id", name=op.f("pk_force_request")),
    )


def _create_gold_label() -> None:
    op.create_table(
        "gold_label",
        sa.Column("gold_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("facet", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False, comment="null: there must be none"),
        sa.Column("listed_empty", sa.Boolean(), nullable=False, comment="by a list without values"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["gold_id"], ["gold_release.gold_id"], name=op.f("fk_gold_label_gold_id_gold_release")
        ),
        sa.PrimaryKeyConstraint(
            "gold_id", "code_system", "code", "facet", name=op.f("pk_gold_label")
        ),
    )


def _create_reference_value() -> None:
    op.create_table(
        "reference_value",
        sa.Column(
            "reference_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference_id"],
            ["reference_release.reference_id"],
            name=op.f("fk_reference_value_reference_id_reference_release"),
        ),
        sa.PrimaryKeyConstraint("reference_id", "code", name=op.f("pk_reference_value")),
    )


def _create_source_issue() -> None:
    op.create_table(
        "source_issue",
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="skipped or refused"),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["source_release.release_id"],
            name=op.f("fk_source_issue_release_id_source_release"),
        ),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_source_issue")),
    )
    op.create_index(
        op.f("ix_source_issue_release_id"), "source_issue", ["release_id"], unique=False
    )


def _create_call() -> None:
    op.create_table(
        "call",
        sa.Column("call_id", sa.Text(), nullable=False, comment="ours, also in custom ids"),
        sa.Column("recipe_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False, comment="local, messages or batches"),
        sa.Column("batch_id", sa.Text(), nullable=True, comment="its batch, if any"),
        sa.Column(
            "run_id", sa.Text(), nullable=True, comment="the run whose budget it falls under"
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="see the states of a call"),
        sa.Column("owner", sa.Text(), nullable=False, comment="host:pid:token of the process"),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "sent_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="from here on it may cost money",
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("raw_body", sa.Text(), nullable=True),
        sa.Column("usage", sa.JSON(), nullable=True),
        sa.Column("input_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cache_read_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("thinking_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "cost_nano_usd", sa.BigInteger(), nullable=True, comment="null: the price is not known"
        ),
        sa.Column("reserved_nano_usd", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batch.batch_id"], name=op.f("fk_call_batch_id_batch")
        ),
        sa.ForeignKeyConstraint(
            ["recipe_id"], ["recipe.recipe_id"], name=op.f("fk_call_recipe_id_recipe")
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call")),
    )
    op.create_index(op.f("ix_call_batch_id"), "call", ["batch_id"], unique=False)
    op.create_index("ix_call_open", "call", ["state", "lease_until"], unique=False)
    op.create_index("ix_call_opened_at", "call", ["opened_at"], unique=False)
    op.create_index("ix_call_owner", "call", ["owner", "state"], unique=False)
    op.create_index("ix_call_run_id", "call", ["run_id"], unique=False)


def _create_call_item() -> None:
    op.create_table(
        "call_item",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("recipe_id", sa.Text(), nullable=False),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("descriptor_hash", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True, comment="why its answer does not stand"),
        sa.Column("detail", sa.Text(), nullable=True, comment="the problem in a sentence"),
        sa.ForeignKeyConstraint(
            ["call_id"], ["call.call_id"], name=op.f("fk_call_item_call_id_call")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_call_item")),
    )
    op.create_index(op.f("ix_call_item_call_id"), "call_item", ["call_id"], unique=False)
    op.create_index(
        "ix_call_item_code", "call_item", ["code_system", "code", "recipe_id"], unique=False
    )
    op.create_index(
        "uq_call_item_open",
        "call_item",
        ["code_system", "code", "recipe_id", "descriptor_hash"],
        unique=True,
        sqlite_where=sa.text("open"),
        postgresql_where=sa.text("open"),
    )


def _create_opinion() -> None:
    op.create_table(
        "opinion",
        sa.Column(
            "opinion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("recipe_id", sa.Text(), nullable=False),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("descriptor_hash", sa.Text(), nullable=False),
        sa.Column("stated", sa.JSON(), nullable=False, comment="facet to [value, basis, decided]"),
        sa.ForeignKeyConstraint(
            ["call_id"], ["call.call_id"], name=op.f("fk_opinion_call_id_call")
        ),
        sa.PrimaryKeyConstraint("opinion_id", name=op.f("pk_opinion")),
    )
    op.create_index(
        "ix_opinion_code", "opinion", ["code_system", "code", "opinion_id"], unique=False
    )


def _create_review_answer() -> None:
    op.create_table(
        "review_answer",
        sa.Column(
            "review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("descriptor_hash", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("stated", sa.JSON(), nullable=False, comment="facet to [value, reason]"),
        sa.Column(
            "about",
            sa.JSON(),
            nullable=False,
            comment="facet to the two values that it was asked about",
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["call.call_id"], name=op.f("fk_review_answer_call_id_call")
        ),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_review_answer")),
        sa.UniqueConstraint("call_id", name=op.f("uq_review_answer_call_id")),
    )
    op.create_index(
        "ix_review_answer_code", "review_answer", ["code_system", "code", "review_id"], unique=False
    )


def _create_finding() -> None:
    op.create_table(
        "finding",
        sa.Column(
            "finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "opinion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("facet", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opinion_id"], ["opinion.opinion_id"], name=op.f("fk_finding_opinion_id_opinion")
        ),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_finding")),
    )
    op.create_index("ix_finding_code", "finding", ["code_system", "code"], unique=False)
    op.create_index(op.f("ix_finding_opinion_id"), "finding", ["opinion_id"], unique=False)


def _create_outcome() -> None:
    op.create_table(
        "outcome",
        sa.Column(
            "outcome_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("recipe_id", sa.Text(), nullable=False),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("descriptor_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, comment="answered or in_review"),
        sa.Column(
            "opinion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["call.call_id"], name=op.f("fk_outcome_call_id_call")
        ),
        sa.ForeignKeyConstraint(
            ["opinion_id"], ["opinion.opinion_id"], name=op.f("fk_outcome_opinion_id_opinion")
        ),
        sa.PrimaryKeyConstraint("outcome_id", name=op.f("pk_outcome")),
    )
    op.create_index(
        "ix_outcome_code",
        "outcome",
        ["code_system", "code", "recipe_id", "outcome_id"],
        unique=False,
    )
