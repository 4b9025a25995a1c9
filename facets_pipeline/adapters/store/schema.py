"""The tables, once for SQLite and Postgres. Migrations carry them; nothing else creates them.

Append-only tables hold what was read, asked, paid, answered and decided. The flat table is not
here: it is derived from these, made from the codebook, and can be dropped (`flat_table`).
"""

import sqlalchemy as sa

from facets_pipeline.adapters.store.moments import Utc

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A growing key: SQLite counts up only a plain INTEGER."""


source_release = sa.Table(
    "source_release",
    metadata,
    sa.Column("release_id", BIG_ID, primary_key=True),
    sa.Column("code_system", sa.Text, nullable=False),
    sa.Column("location", sa.Text, nullable=False, comment="path as given, or sql:TABLE"),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of the file's bytes"),
    sa.Column("release", sa.Text, nullable=False),
    sa.Column("has_dates", sa.Boolean, nullable=False),
    sa.Column("mode", sa.Text, nullable=False, comment="first, next, partial or full"),
    sa.Column(
        "found", sa.JSON, nullable=False, comment="columns, encoding and notes of the reader"
    ),
    sa.Column("counts", sa.JSON, nullable=False, comment="codes, skipped and refused by rule"),
    sa.Column("changes", sa.JSON, nullable=False, comment="added, changed, absent, unchanged"),
    sa.Column("loaded_at", Utc, nullable=False),
    sa.Index("ix_source_release_system", "code_system", "release_id"),
)

source_issue = sa.Table(
    "source_issue",
    metadata,
    sa.Column("issue_id", BIG_ID, primary_key=True),
    sa.Column(
        "release_id", BIG_ID, sa.ForeignKey("source_release.release_id"), nullable=False, index=True
    ),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="skipped or refused"),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)

code_history = sa.Table(
    "code_history",
    metadata,
    sa.Column("history_id", BIG_ID, primary_key=True),
    sa.Column("code_system", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("chunk", sa.Text, nullable=False),
    sa.Column("short_descriptor", sa.Text, nullable=False),
    sa.Column("long_descriptor", sa.Text, nullable=False),
    sa.Column("plain_descriptor", sa.Text, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("descriptor_hash", sa.Text, nullable=False),
    sa.Column("effective_on", sa.Date),
    sa.Column("terminated_on", sa.Date),
    sa.Column(
        "absent", sa.Boolean, nullable=False, comment="a complete release no longer lists it"
    ),
    sa.Column("from_release", BIG_ID, sa.ForeignKey("source_release.release_id"), nullable=False),
    sa.Column(
        "until_release",
        BIG_ID,
        sa.ForeignKey("source_release.release_id"),
        comment="null: in force",
    ),
    sa.Index(
        "uq_code_history_current",
        "code_system",
        "code",
        unique=True,
        sqlite_where=sa.text("until_release IS NULL"),
        postgresql_where=sa.text("until_release IS NULL"),
    ),
    sa.Index("ix_code_history_chunk", "code_system", "chunk", "code"),
    sa.Index("ix_code_history_effective", "code_system", "effective_on"),
    sa.Index("ix_code_history_terminated", "code_system", "terminated_on"),
)

recipe = sa.Table(
    "recipe",
    metadata,
    sa.Column("recipe_id", sa.Text, primary_key=True),
    sa.Column("annotator", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
)

active_recipe = sa.Table(
    "active_recipe",
    metadata,
    sa.Column("choice_id", BIG_ID, primary_key=True),
    sa.Column("code_system", sa.Text, nullable=False),
    sa.Column("recipe_id", sa.Text, sa.ForeignKey("recipe.recipe_id"), nullable=False),
    sa.Column("ask", sa.Text, nullable=False, comment="all or undecided: which codes are asked"),
    sa.Column("reconcile", sa.Text, nullable=False, comment="both or claude: what rows stand on"),
    sa.Column("chosen_at", Utc, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("ix_active_recipe_system", "code_system", "choice_id"),
)

batch = sa.Table(
    "batch",
    metadata,
    sa.Column("batch_id", sa.Text, primary_key=True, comment="ours"),
    sa.Column("recipe_id", sa.Text, sa.ForeignKey("recipe.recipe_id"), nullable=False),
    sa.Column("code_system", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False, comment="begins every custom id of it"),
    sa.Column("remote_id", sa.Text, unique=True, comment="the API's; null until it is known"),
    sa.Column("state", sa.Text, nullable=False, comment="see the states of a batch"),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("codes", sa.Integer, nullable=False),
    sa.Column("owner", sa.Text, nullable=False, comment="who tends it now; empty: nobody"),
    sa.Column("lease_until", Utc, nullable=False),
    sa.Column("opened_at", Utc, nullable=False),
    sa.Column("submitted_at", Utc),
    sa.Column("seen_at", Utc, comment="when the API last showed it, or what may be it"),
    sa.Column("closed_at", Utc),
    sa.Column("error", sa.Text),
    sa.Index("ix_batch_state", "state"),
)

call = sa.Table(
    "call",
    metadata,
    sa.Column("call_id", sa.Text, primary_key=True, comment="ours, also in custom ids"),
    sa.Column("recipe_id", sa.Text, sa.ForeignKey("recipe.recipe_id"), nullable=False),
    sa.Column("mode", sa.Text, nullable=False, comment="local, messages or batches"),
    sa.Column(
        "batch_id",
        sa.Text,
        sa.ForeignKey("batch.batch_id"),
        index=True,
        comment="its batch, if any",
    ),
    sa.Column("run_id", sa.Text, comment="the run whose budget it falls under"),
    sa.Column("state", sa.Text, nullable=False, comment="see the states of a call"),
    sa.Column("owner", sa.Text, nullable=False, comment="host:pid:token of the process"),
    sa.Column("lease_until", Utc, nullable=False),
    sa.Column("opened_at", Utc, nullable=False),
    sa.Column("sent_at", Utc, comment="from here on it may cost money"),
    sa.Column("closed_at", Utc),
    sa.Column("codes", sa.Integer, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.Column("http_status", sa.Integer),
    sa.Column("error", sa.Text),
    sa.Column("raw_body", sa.Text),
    sa.Column("usage", sa.JSON),
    sa.Column("input_tokens", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("cache_read_tokens", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("cache_write_tokens", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("output_tokens", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("thinking_tokens", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("cost_nano_usd", sa.BigInteger, comment="null: the price is not known"),
    sa.Column("reserved_nano_usd", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("ix_call_open", "state", "lease_until"),
    sa.Index("ix_call_owner", "owner", "state"),
    sa.Index("ix_call_opened_at", "opened_at"),
    sa.Index("ix_call_run_id", "run_id"),
)

call_item = sa.Table(
    "call_item",
    metadata,
    sa.Column("item_id", BIG_ID, primary_key=True),
    sa.Column("call_id", sa.Text, sa.ForeignKey("call.call_id"), nullable=False, index=True),
    sa.Column("recipe_id", sa.Text, nullable=False),
    sa.Column("code_system", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("descriptor_hash", sa.Text, nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("problem", sa.Text, comment="why its answer does not stand"),
    sa.Column("detail", sa.Text, comment="the problem in a sentence"),
    sa.Index(
        "uq_call_item_open",
        "code_system",
        "code",
        "recipe_id",
        "descriptor_hash",
        unique=True,
        sqlite_where=sa.text("open"),
        postgresql_where=sa.text("open"),
    ),
    sa.Index("ix_call_item_code", "code_system", "code", "recipe_id"),
    sa.Index(
        "ix_call_item_problem",
        "code_system",
        "problem",
        sqlite_where=sa.text("problem IS NOT NULL"),
        postgresql_where=sa.text("problem IS NOT NULL"),
    ),
)

budget = sa.Table(
    "budget",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True, comment="day:2026-11-24 or run:ID"),
    sa.Column("settled_nano_usd", sa.BigInteger, nullable=False),
    sa.Column("reserved_nano_usd", sa.BigInteger, nullable=False),
)

opinion = sa.Table(
    "opinion",
    metadata,
    sa.Column("opinion_id", BIG_ID, primary_key=True),
    sa.Column("call_id", sa.Text, sa.ForeignKey("call.call_id"), nullable=False),
    sa.Column("recipe_id", sa.Text, nullable=False),
    sa.Column("code_system", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("descriptor_hash", sa.Text, nullable=False),
    sa.Column("stated", sa.JSON, nullable=False, comment="facet to [value, basis, decided]"),
    sa.Index("ix_opinion_code", "code_system", "code", "opinion_id"),
)

outcome = sa.Table(
    "outcome",
    metadata,
    sa.Column("outcome_id", BIG_ID, primary_key=True),
    sa.Column("recipe_id", sa.Text, nullable=False),
    sa.Column("code_system", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("descriptor_hash", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False, comment="answered or in_review"),
    sa.Column("opinion_id", BIG_ID, sa.ForeignKey("opinion.opinion_id")),
    sa.Column("call_id", sa.Text, sa.ForeignKey("call.call_id"), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("decided_at", Utc, nullable=False),
    sa.Index("ix_outcome_code", "code_system", "code", "recipe_id", "outcome_id"),
    sa.Index("ix_outcome_system", "code_system", "outcome_id"),
)

finding = sa.Table(
    "finding",
    metadata,
    sa.Column("finding_id", BIG_ID, primary_key=True),
    sa.Column(
        "opinion_id", BIG_ID, sa.ForeignKey("opinion.opinion_id"), nullable=False, index=True
    ),
    sa.Column("code_system", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("facet", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Index("ix_finding_code", "code_system", "code"),
)

decision = sa.Table(
    "decision",
    metadata,
    sa.Column("decision_id", BIG_ID, primary_key=True),
    sa.Column("code_system", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("descriptor_hash", sa.Text, nullable=False),
    sa.Column("facet", sa.Text, nullable=False),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("action", sa.Text, nullable=False, comment="set or undo; the newest row counts"),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", Utc, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Index("ix_decision_code", "code_system", "code", "decision_id"),
)

review_answer = sa.Table(
    "review_answer",
    metadata,
    sa.Column("review_id", BIG_ID, primary_key=True),
    sa.Column("call_id", sa.Text, sa.ForeignKey("call.call_id"), nullable=False, unique=True),
    sa.Column("code_system", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("descriptor_hash", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("stated", sa.JSON, nullable=False, comment="facet to [value, reason]"),
    sa.Column(
        "about", sa.JSON, nullable=False, comment="facet to the two values that it was asked about"
    ),
    sa.Column("answered_at", Utc, nullable=False),
    sa.Index("ix_review_answer_code", "code_system", "code", "review_id"),
)

force_request = sa.Table(
    "force_request",
    metadata,
    sa.Column("force_id", BIG_ID, primary_key=True),
    sa.Column("code_system", sa.Text, nullable=False),
    sa.Column("recipe_id", sa.Text, sa.ForeignKey("recipe.recipe_id"), nullable=False),
    sa.Column(
        "outcome_floor", sa.BigInteger, nullable=False, comment="older outcomes do not count"
    ),
    sa.Column("requested_at", Utc, nullable=False),
)

reference_release = sa.Table(
    "reference_release",
    metadata,
    sa.Column("reference_id", BIG_ID, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False, comment="pprrvu or rbcs"),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("release", sa.Text, nullable=False),
    sa.Column("loaded_at", Utc, nullable=False),
)

reference_value = sa.Table(
    "reference_value",
    metadata,
    sa.Column(
        "reference_id", BIG_ID, sa.ForeignKey("reference_release.reference_id"), primary_key=True
    ),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("found", sa.JSON, nullable=False),
)

second_opinion = sa.Table(
    "second_opinion",
    metadata,
    sa.Column("code_system", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("descriptor_hash", sa.Text, nullable=False),
    sa.Column("stated", sa.JSON, nullable=False, comment="facet to [value, basis, decided]"),
    sa.Column("open_facets", sa.Integer, nullable=False, comment="0: nobody needs to be asked"),
    comment="derived: can be emptied and made again",
)

second_opinion_state = sa.Table(
    "second_opinion_state",
    metadata,
    sa.Column("code_system", sa.Text, primary_key=True),
    sa.Column("made_from", sa.Text, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False, comment="facet to kind of basis to values"),
)

kept_figure = sa.Table(
    "kept_figure",
    metadata,
    sa.Column("code_system", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True, comment="what was counted"),
    sa.Column("made_from", sa.Text, nullable=False, comment="the state that it was counted in"),
    sa.Column("found", sa.JSON, nullable=False),
    comment="derived: can be emptied and counted again",
)

gold_release = sa.Table(
    "gold_release",
    metadata,
    sa.Column("gold_id", BIG_ID, primary_key=True),
    sa.Column("files", sa.JSON, nullable=False, comment="names of the files"),
    sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of all files' bytes"),
    sa.Column("layouts", sa.JSON, nullable=False, comment="how each file was read, in words"),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("issues", sa.JSON, nullable=False, comment="rows not used, or read otherwise"),
    sa.Column("loaded_at", Utc, nullable=False),
)

gold_label = sa.Table(
    "gold_label",
    metadata,
    sa.Column("gold_id", BIG_ID, sa.ForeignKey("gold_release.gold_id"), primary_key=True),
    sa.Column("code_system", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("facet", sa.Text, primary_key=True),
    sa.Column("value", sa.JSON, nullable=False, comment="null: there must be none"),
    sa.Column("listed_empty", sa.Boolean, nullable=False, comment="by a list without values"),
    sa.Column("note", sa.Text, nullable=False),
)

evaluation = sa.Table(
    "evaluation",
    metadata,
    sa.Column("evaluation_id", BIG_ID, primary_key=True),
    sa.Column("gold_id", BIG_ID, sa.ForeignKey("gold_release.gold_id"), nullable=False),
    sa.Column("scores", sa.JSON, nullable=False, comment="one per source and code system"),
    sa.Column("evaluated_at", Utc, nullable=False),
)

rate_limit = sa.Table(
    "rate_limit",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, comment="the model"),
    sa.Column("requests_per_minute", sa.Double, comment="null: not known, as in the next two"),
    sa.Column("input_tokens_per_minute", sa.Double),
    sa.Column("output_tokens_per_minute", sa.Double),
    sa.Column("limits_source", sa.Text, nullable=False, comment="who told them; empty: nobody yet"),
    sa.Column("learnt_at", sa.Double, comment="this and all moments below: seconds of the epoch"),
    sa.Column("requests_tat", sa.Double, nullable=False, comment="theoretical arrival time"),
    sa.Column("input_tat", sa.Double, nullable=False),
    sa.Column("output_tat", sa.Double, nullable=False),
    sa.Column("granted_start", sa.Double, nullable=False, comment="of the last grant"),
    sa.Column("not_before", sa.Double, nullable=False, comment="end of the last pause"),
    sa.Column("paused_seconds", sa.Double, nullable=False, comment="all pauses, added up"),
    sa.Column("seen_at", sa.Double, nullable=False, comment="the clock at the last change"),
)
