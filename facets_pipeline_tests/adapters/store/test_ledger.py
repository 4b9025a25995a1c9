"""The ledger: who may ask, what counts as answered, and what a change asks again."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from facets_pipeline.adapters.store.ledger import StoreLedger
from facets_pipeline.adapters.store.schema import call, call_item, opinion, outcome
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.opinions import Opinion
from facets_pipeline.domain.outcomes import Verdict, judge
from facets_pipeline.engine.fill import fill
from facets_pipeline.engine.ports import Claim
from facets_pipeline_tests.adapters.store.contents import (
    ALL,
    counted,
    load,
    numbered,
)
from facets_pipeline_tests.adapters.store.processes import COUNT, Crew, meet
from facets_pipeline_tests.engine.annotators import FirstWord, first_word

RECIPE = FirstWord().recipe.recipe_id
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


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
    workers: Crew, empty_url: str
) -> None:
    codes = [code.code for code in numbered(2200)]
    with Store.open(empty_url) as store:
        load(store, "codes.csv", numbered(2200))
    asked = workers.at_once(fill_together, empty_url)
    assert len([some for some in asked if len(some) >= 500]) == COUNT
    assert sorted(code for some in asked for code in some) == codes
    with Store.open(empty_url) as store, store.database.read() as connection:
        settled = list(connection.execute(sa.select(outcome.c.code)).scalars())
        open_items = connection.execute(sa.select(call_item.c.code).where(call_item.c.open)).all()
    assert sorted(settled) == codes
    assert open_items == []
