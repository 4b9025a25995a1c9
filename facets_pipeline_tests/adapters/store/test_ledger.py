"""The ledger: who may ask, what counts as answered, and what a change asks again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from facets_pipeline.adapters.store.ledger import StoreLedger
from facets_pipeline.adapters.store.schema import call, call_item, finding, opinion, outcome
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.chunks import CHUNKS, chunk_of
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.opinions import Opinion
from facets_pipeline.domain.outcomes import Verdict, judge
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline.engine.fill import fill
from facets_pipeline.engine.ports import Claim, Scope
from facets_pipeline_tests.adapters.store.contents import (
    ALL,
    DAY,
    answer_all,
    hcpcs,
    load,
    numbered,
)
from facets_pipeline_tests.adapters.store.processes import COUNT, Crew, meet
from facets_pipeline_tests.engine.annotators import BREAKS_A_RULE, FirstWord, first_word

RECIPE = FirstWord().recipe.recipe_id
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def counted(store: Store, table: sa.Table) -> int:
    """Return how many rows a table has."""
    with store.database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def states(store: Store) -> list[str]:
    """Return the states of all calls, in order of their opening."""
    with store.database.read() as connection:
        return list(
            connection.execute(sa.select(call.c.state).order_by(call.c.opened_at)).scalars()
        )


def claimed(ledger: StoreLedger, size: int = 500) -> Claim:
    """Claim pending codes, of which there must be some."""
    claim = ledger.claim(ALL, RECIPE, size=size, after="")
    assert claim is not None
    return claim


def verdicts(claim: Claim) -> list[Verdict]:
    """Return what the annotator of these tests says of a claim."""
    return [judge(code, first_word(code)) for code in claim.codes]


def end_leases(store: Store) -> None:
    """Let the leases of all open calls end."""
    with store.database.write() as connection:
        connection.execute(sa.update(call).values(lease_until=LONG_AGO))


@pytest.fixture
def chosen(store: Store) -> Store:
    """A store with ten codes that nobody has answered, and a recipe."""
    load(store, "ten.csv", numbered(10))
    store.recipes.choose("HCPCS", FirstWord().recipe, reason="test")
    return store


def test_every_active_code_is_pending_until_it_has_an_outcome(store: Store) -> None:
    ended = hcpcs("B0001", terminated_on=date(2025, 1, 1))
    load(store, "codes.csv", [*numbered(10), ended], has_dates=True)
    assert store.ledger.pending(ALL, RECIPE) == 10
    report = answer_all(store, FirstWord())
    assert (report.asked, report.answered, report.in_review) == (10, 10, 0)
    assert store.ledger.pending(ALL, RECIPE) == 0
    assert counted(store, outcome) == counted(store, opinion) == 10


def test_a_chunk_has_its_own_pending_codes(store: Store) -> None:
    load(store, "codes.csv", numbered(100))
    counts = {chunk: store.ledger.pending(replace(ALL, chunk=chunk), RECIPE) for chunk in CHUNKS}
    assert sum(counts.values()) == 100
    assert counts[chunk_of("A0007")] > 0
    annotator = FirstWord()
    answer_all(store, annotator, replace(ALL, chunk=chunk_of("A0007")))
    assert len(annotator.asked) == counts[chunk_of("A0007")]
    assert {chunk_of(code) for code in annotator.asked} == {chunk_of("A0007")}


def test_what_one_has_claimed_no_other_gets(chosen: Store) -> None:
    other = StoreLedger(chosen.database)
    mine, theirs = claimed(chosen.ledger, 6), claimed(other, 6)
    assert [code.code for code in mine.codes] == [f"A{n:04d}" for n in range(6)]
    assert [code.code for code in theirs.codes] == [f"A{n:04d}" for n in range(6, 10)]
    assert other.claim(ALL, RECIPE, size=6, after="") is None
    assert other.pending(ALL, RECIPE) == 10


def test_a_released_claim_is_pending_for_all_and_its_reason_is_kept(chosen: Store) -> None:
    claim = claimed(chosen.ledger)
    chosen.ledger.release(claim, "the reason")
    assert claimed(StoreLedger(chosen.database)).codes == claim.codes
    assert states(chosen) == ["failed", "open"]
    with chosen.database.read() as connection:
        assert "the reason" in connection.execute(sa.select(call.c.error)).scalars().all()


def test_an_annotator_that_fails_gives_its_codes_back_and_keeps_what_was_settled(
    chosen: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facets_pipeline.engine.fill.CLAIM_SIZE", 4)
    with pytest.raises(AnnotatorError, match="A0005"):
        fill(chosen.ledger, FirstWord(fails_on=["A0005"]), ALL)
    assert chosen.ledger.pending(ALL, RECIPE) == 6
    again = FirstWord()
    fill(StoreLedger(chosen.database), again, ALL)
    assert again.asked == [f"A{n:04d}" for n in range(4, 10)]


def test_a_claim_whose_lease_ended_no_longer_holds_its_codes(chosen: Store) -> None:
    lost = claimed(chosen.ledger)
    end_leases(chosen)
    found = claimed(StoreLedger(chosen.database))
    assert found.codes == lost.codes
    assert states(chosen) == ["given_back", "open"]


def test_a_late_answer_is_kept_but_that_of_the_new_holder_counts(chosen: Store) -> None:
    late = claimed(chosen.ledger)
    end_leases(chosen)
    other = StoreLedger(chosen.database)
    new = claimed(other, 4)
    other.settle(new, RECIPE, verdicts(new))
    held = claimed(other, 4)
    chosen.ledger.settle(late, RECIPE, verdicts(late))
    assert counted(chosen, opinion) == 14
    assert other.pending(ALL, RECIPE) == 4, "the last two are settled, late but first"
    other.settle(held, RECIPE, verdicts(held))
    assert counted(chosen, outcome) == 10
    assert other.pending(ALL, RECIPE) == 0


def test_a_late_answer_counts_where_nobody_asked_again(chosen: Store) -> None:
    late = claimed(chosen.ledger, 5)
    end_leases(chosen)
    other = StoreLedger(chosen.database)
    assert other.claim(ALL, RECIPE, size=1, after="A0008") is not None, "ends the claim"
    chosen.ledger.settle(late, RECIPE, verdicts(late))
    assert chosen.ledger.pending(ALL, RECIPE) == 5
    assert counted(chosen, outcome) == 5


def test_a_settled_claim_is_not_undone_by_a_release(chosen: Store) -> None:
    claim = claimed(chosen.ledger)
    chosen.ledger.settle(claim, RECIPE, verdicts(claim))
    chosen.ledger.release(claim, "an interrupt that came late")
    assert states(chosen) == ["answered"]


def test_the_store_itself_refuses_a_second_open_claim_of_a_code(chosen: Store) -> None:
    claimed(chosen.ledger, 1)
    with chosen.database.read() as connection:
        held = dict(connection.execute(sa.select(call_item)).mappings().one())
    twice = sa.insert(call_item).values({**held, "item_id": held["item_id"] + 1})
    with pytest.raises(IntegrityError), chosen.database.write() as connection:
        connection.execute(twice)


def test_an_answer_that_breaks_a_rule_goes_to_review_and_is_not_asked_again(store: Store) -> None:
    load(store, "codes.csv", [hcpcs("A0001"), hcpcs("A0002", f"{BREAKS_A_RULE} on purpose")])
    report = answer_all(store, FirstWord())
    assert (report.answered, report.in_review) == (1, 1)
    assert counted(store, finding) == 1
    assert answer_all(store, FirstWord()).asked == 0


def test_a_changed_descriptor_asks_exactly_that_code_again(store: Store) -> None:
    load(store, "old.csv", numbered(50))
    answer_all(store, FirstWord())
    changed = [hcpcs("A0007", "drug renamed"), *numbered(50)[:7], *numbered(50)[8:]]
    load(store, "new.csv", changed)
    annotator = FirstWord()
    assert answer_all(store, annotator).asked == 1
    assert annotator.asked == ["A0007"]
    assert counted(store, outcome) == 51, "the old answer stays"


def test_what_is_not_asked_about_may_change_without_a_question(store: Store) -> None:
    load(store, "old.csv", numbered(5))
    answer_all(store, FirstWord())
    load(store, "new.csv", [replace(code, short_descriptor="Drg") for code in numbered(5)])
    assert store.ledger.pending(ALL, RECIPE) == 0


def test_one_more_code_is_one_more_question(store: Store) -> None:
    load(store, "old.csv", numbered(50))
    answer_all(store, FirstWord())
    load(store, "new.csv", [*numbered(50), hcpcs("B0001")])
    annotator = FirstWord()
    assert answer_all(store, annotator).asked == 1
    assert annotator.asked == ["B0001"]


def test_a_changed_recipe_asks_everything_and_the_old_one_back_asks_nothing(store: Store) -> None:
    load(store, "codes.csv", numbered(20))
    assert answer_all(store, FirstWord()).asked == 20
    assert answer_all(store, FirstWord(prompt="Another prompt.")).asked == 20
    assert answer_all(store, FirstWord()).asked == 0


def test_a_forced_code_is_asked_once_per_force_even_after_an_interruption(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facets_pipeline.engine.fill.CLAIM_SIZE", 4)
    load(store, "codes.csv", numbered(20))
    answer_all(store, FirstWord())
    for _ in range(2):
        store.recipes.force("HCPCS", RECIPE)
        assert store.ledger.pending(ALL, RECIPE) == 20
        first = FirstWord(fails_on=["A0013"])
        with pytest.raises(AnnotatorError):
            answer_all(store, first)
        rest = FirstWord()
        answer_all(store, rest)
        # Its last claim failed as a whole, so nothing became of these four.
        assert sorted([*first.asked[:-4], *rest.asked]) == [code.code for code in numbered(20)]
        assert store.ledger.pending(ALL, RECIPE) == 0
    assert counted(store, outcome) == 60


def test_a_force_means_one_recipe_of_one_system(store: Store) -> None:
    load(store, "codes.csv", numbered(5))
    other = FirstWord(prompt="Another prompt.")
    answer_all(store, FirstWord())
    answer_all(store, other)
    store.recipes.force("HCPCS", RECIPE)
    assert store.ledger.pending(ALL, RECIPE) == 5
    assert store.ledger.pending(ALL, other.recipe.recipe_id) == 0


def test_the_codes_settled_last_are_known(store: Store) -> None:
    load(store, "codes.csv", numbered(10))
    annotator = FirstWord()
    store.recipes.choose("HCPCS", annotator.recipe, reason="test")
    fill(store.ledger, annotator, ALL, limit=7)
    assert store.ledger.newest_codes("HCPCS", 3) == ["A0004", "A0005", "A0006"]
    assert len(store.ledger.newest_codes("HCPCS", 100)) == 7


class MeetsBeforeItAnswers:
    """Holds its first claim until the whole crew has one."""

    def __init__(self) -> None:
        self.inner = FirstWord()
        self.recipe = self.inner.recipe

    def annotate(self, codes: Sequence[Code]) -> list[Opinion]:
        """Answer as the first word does."""
        if not self.inner.asked:
            meet()
        return self.inner.annotate(codes)


def fill_together(url: str) -> list[str]:
    """Choose the recipe and fill the ledger beside the others; return what was asked here."""
    with Store.open(url) as store:
        annotator = MeetsBeforeItAnswers()
        store.recipes.choose("HCPCS", annotator.recipe, reason="test")
        fill(store.ledger, annotator, ALL)
        assert store.ledger.pending(ALL, RECIPE) == 0, "it waits for what the others hold"
        return annotator.inner.asked


def test_four_processes_share_the_work_and_ask_every_code_once(
    workers: Crew, database_url: str
) -> None:
    codes = [code.code for code in numbered(2200)]
    with Store.open(database_url) as store:
        load(store, "codes.csv", numbered(2200))
    asked = workers.at_once(fill_together, database_url)
    assert len([some for some in asked if len(some) >= 500]) == COUNT
    assert sorted(code for some in asked for code in some) == codes
    with Store.open(database_url) as store, store.database.read() as connection:
        settled = list(connection.execute(sa.select(outcome.c.code)).scalars())
        open_items = connection.execute(sa.select(call_item.c.code).where(call_item.c.open)).all()
    assert sorted(settled) == codes
    assert open_items == []


def test_a_scope_of_another_day_has_other_codes(store: Store) -> None:
    later = date(2026, 7, 1)
    rows = [hcpcs("A0001"), hcpcs("A0002", effective_on=later)]
    load(store, "codes.csv", rows, has_dates=True, mode=LoadMode.FULL)
    assert store.ledger.pending(Scope("HCPCS", DAY), RECIPE) == 1
    assert store.ledger.pending(Scope("HCPCS", later), RECIPE) == 2
