"""What review models said: kept for good, read with the rows. A reply counts before it is used.

Belongs here: the table `review_answer`, and finding a reply that was paid before. A question is
known by its whole content: the recipe of its call is the hash of model, prompt and schema, so the
same question is never paid twice, and another descriptor, opinion or model is another question.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.schema import call, review_answer
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.heard import Backing
from facets_pipeline.domain.recipe import Recipe
from facets_pipeline.domain.review_prompt import ReviewQuestion
from facets_pipeline.domain.third_opinion import REVIEW, Third


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """A reply that was paid: the call and the body it brought."""

    call_id: str
    body: str


@dataclass(frozen=True, slots=True)
class SaidThird:
    """What a review model said of a code, and in which call."""

    code: Code
    third: Third
    call_id: str


def review_recipe(question: ReviewQuestion, model: str) -> Recipe:
    """Return the recipe under which a question stands in the ledger."""
    content = {
        "system": question.system,
        "user": question.user,
        "schema": json.dumps(question.schema, sort_keys=True),
        "code": f"{question.code.code_system} {question.code.code}",
    }
    digests = Recipe(REVIEW, model, REVIEW, content)
    # The texts themselves hold a descriptor and would be kept once per code: the hash is enough.
    return replace(digests, content={"question": digests.recipe_id})


def recorded_replies(database: Database, recipe_ids: Sequence[str]) -> dict[str, RecordedReply]:
    """Return the newest paid reply to each of up to a page of questions that has one, by recipe."""
    query = (
        sa.select(call.c.recipe_id, call.c.call_id, call.c.raw_body)
        .where(
            call.c.recipe_id.in_(recipe_ids),
            call.c.state == "answered",
            call.c.raw_body.is_not(None),
        )
        .order_by(call.c.closed_at)
    )
    with database.read() as connection:
        return {
            row.recipe_id: RecordedReply(row.call_id, row.raw_body)
            for row in connection.execute(query)
        }


def keep_thirds(database: Database, said: Sequence[SaidThird]) -> None:
    """Keep what a review model said, up to a page of it; the same call is kept once."""
    if not said:
        return
    with database.write() as connection:
        calls = [each.call_id for each in said]
        query = sa.select(review_answer.c.call_id).where(review_answer.c.call_id.in_(calls))
        known = set(connection.execute(query).scalars())
        now = database.now(connection)
        rows = [
            {
                "call_id": each.call_id,
                "code_system": each.code.code_system,
                "code": each.code.code,
                "descriptor_hash": each.code.descriptor_hash,
                "model": each.third.model,
                "stated": {
                    facet: [value, each.third.reasons[facet]]
                    for facet, value in each.third.values.items()
                },
                "about": {facet: list(pair) for facet, pair in each.third.about.items()},
                "answered_at": now,
            }
            for each in said
            if each.call_id not in known
        ]
        if rows:
            connection.execute(sa.insert(review_answer), rows)


def third_opinions_on(
    connection: sa.Connection, code_system: str, codes: Sequence[Code]
) -> dict[str, Third]:
    """Return the newest third opinions on the present descriptors of `codes`, by code."""
    hashes = {code.code: code.descriptor_hash for code in codes}
    query = (
        sa.select(review_answer)
        .where(review_answer.c.code_system == code_system, review_answer.c.code.in_(list(hashes)))
        .order_by(review_answer.c.review_id)
    )
    return {
        row.code: Third(
            model=row.model,
            values={facet: parts[0] for facet, parts in row.stated.items()},
            reasons={facet: parts[1] for facet, parts in row.stated.items()},
            about={facet: (pair[0], pair[1]) for facet, pair in row.about.items()},
        )
        for row in connection.execute(query)
        if row.descriptor_hash == hashes[row.code]
    }


def with_third(backing: Backing | None, third: Third | None) -> Backing | None:
    """Return a backing with the third opinion in it."""
    return backing if backing is None or third is None else replace(backing, third=third)
