"""People's decisions: recorded with name and time, durable, undone by another row, never erased.

Belongs here: what is written and read of the table `decision`. What a decision may say is
`domain/deciding`; that it overrides and lapses is `domain/validation`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import CODE_COLUMNS, in_force
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.flat_table import FlatTable
from facets_pipeline.adapters.store.hearings import hear
from facets_pipeline.adapters.store.recipes import active_on
from facets_pipeline.adapters.store.schema import code_history, decision
from facets_pipeline.adapters.store.second_opinions import opinions_on
from facets_pipeline.adapters.store.turns import Turn, take_turn
from facets_pipeline.adapters.store.weighing import Backings
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.deciding import set_along, what_to_set
from facets_pipeline.domain.errors import SettingsError, SourceError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.heard import Decided, Hearing
from facets_pipeline.domain.opinions import FacetValue
from facets_pipeline.domain.validation import objection, unmasked_answer


@dataclass(frozen=True, slots=True)
class Recorded:
    """One row of the table of decisions.

    Attributes:
        code_system: System of the code.
        code: The code.
        facet: The facet.
        value: The value; None for none, and where the decision was undone.
        action: "set" or "undo".
        decided_by: Who.
        decided_at: When, in UTC.
        note: What the person noted.
        same_text: Whether the descriptor is still the one that was decided on.
    """

    code_system: str
    code: str
    facet: str
    value: FacetValue | None
    action: str
    decided_by: str
    decided_at: datetime
    note: str
    same_text: bool


class Decisions:
    """Records and reads people's decisions."""

    def __init__(self, database: Database, flat: FlatTable, codebook: Codebook = CODEBOOK) -> None:
        self._database = database
        self._flat = flat
        self._codebook = codebook

    def set(
        self,
        code_system: str,
        code: str,
        values: Mapping[str, FacetValue | None],
        *,
        by: str,
        day: date,
        note: str = "",
    ) -> None:
        """Record a decision on an active code and bring its row up to date.

        Args:
            code_system: System of the code.
            code: The code.
            values: Facet to value, of the codebook; None for none.
            by: Who decides.
            day: The day on which the code must be active.
            note: Why, in the person's words.

        Raises:
            SettingsError: Together with the other values it breaks a rule, or nobody is named.
            SourceError: There is no such active code.
        """
        name = _named(by)
        backings = self._flat.backings(code_system, day)
        with self._database.write() as connection:
            # The turn of the rows: two decisions on one code must see each other.
            take_turn(connection, Turn.FLAT)
            known = _active(connection, code_system, code, day)
            self._check(connection, known, values, name, backings)
            self._record(connection, known, values, "set", name, note)
        # Decisions change nothing in what second opinions may do.
        self._flat.refresh_codes(code_system, day, [code], backings)

    def undo(
        self, code_system: str, code: str, facet: str | None, *, by: str, day: date
    ) -> tuple[str, ...]:
        """Undo the decision on a facet, or all on a code; return the facets that were undone.

        Raises:
            SettingsError: Nothing was decided, or nobody is named.
            SourceError: There is no such active code.
        """
        name = _named(by)
        with self._database.write() as connection:
            take_turn(connection, Turn.FLAT)
            known = _active(connection, code_system, code, day)
            standing = _heard(connection, known).decisions
            facets = [each for each in standing if facet in (None, each)]
            if not facets:
                what = f"{facet} of {code}" if facet else code
                raise SettingsError(
                    f"Nothing was decided on {what}: `facets review show {code}` lists what was."
                )
            self._record(connection, known, dict.fromkeys(facets), "undo", name, "")
        self._flat.refresh_codes(code_system, day, [code])
        return tuple(facets)

    def of(self, code_system: str, code: str) -> list[Recorded]:
        """Return everything that was decided and undone on a code, the oldest first."""
        query = _recorded().where(decision.c.code_system == code_system, decision.c.code == code)
        with self._database.read() as connection:
            return [Recorded(*row) for row in connection.execute(query)]

    def in_force(self, code_system: str | None = None) -> list[Recorded]:
        """Return the decisions that hold: not undone, and on the descriptor that stands now."""
        query = _recorded()
        if code_system is not None:
            query = query.where(decision.c.code_system == code_system)
        newest: dict[tuple[str, str, str], Recorded] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                made = Recorded(*row)
                if made.action == "undo":
                    newest.pop((made.code_system, made.code, made.facet), None)
                elif made.same_text:
                    newest[made.code_system, made.code, made.facet] = made
        return [made for _, made in sorted(newest.items())]

    def _check(
        self,
        connection: sa.Connection,
        code: Code,
        values: Mapping[str, FacetValue | None],
        by: str,
        backings: Backings,
    ) -> None:
        heard = _heard(connection, code)
        second = opinions_on(connection, code.code_system, [code.code]).get(code.code)
        now = self._database.now(connection)
        made = {facet: Decided(value, by, now) for facet, value in values.items()}
        with_made = heard._replace(decisions={**heard.decisions, **made})
        backing = backings.of(second, self._codebook)
        answer = unmasked_answer(code, with_made, self._codebook, backing)
        if reason := objection(code, answer, self._codebook):
            along = set_along(code, answer, values, self._codebook)
            raise SettingsError(
                f"{code.code} cannot be decided so: {reason}; {what_to_set(along)}."
            )

    def _record(
        self,
        connection: sa.Connection,
        code: Code,
        values: Mapping[str, FacetValue | None],
        action: str,
        by: str,
        note: str,
    ) -> None:
        rows = [
            {
                "code_system": code.code_system,
                "code": code.code,
                "descriptor_hash": code.descriptor_hash,
                "facet": facet,
                "value": value,
                "action": action,
                "decided_by": by,
                "decided_at": self._database.now(connection),
                "note": note.strip(),
            }
            for facet, value in values.items()
        ]
        connection.execute(sa.insert(decision), rows)


def _named(by: str) -> str:
    if not by.strip():
        raise SettingsError("Nobody is named: say who decides with --by NAME.")
    return by.strip()


def _active(connection: sa.Connection, code_system: str, code: str, day: date) -> Code:
    query = sa.select(*CODE_COLUMNS).where(*in_force(code_system, day), code_history.c.code == code)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise SourceError(
            f"There is no active {code_system} code {code!r}: `facets review list` shows those "
            "that wait, `facets load` reads more."
        )
    return Code(*row)


def _recorded() -> sa.Select[*tuple[Any, ...]]:
    table, history = decision.c, code_history.c
    current = sa.and_(
        history.code_system == table.code_system,
        history.code == table.code,
        history.until_release.is_(None),
    )
    same_text = sa.func.coalesce(history.descriptor_hash == table.descriptor_hash, sa.false())
    return (
        sa.select(
            *(table.code_system, table.code, table.facet, table.value, table.action),
            *(table.decided_by, table.decided_at, table.note, same_text),
        )
        .outerjoin(code_history, current)
        .order_by(table.decision_id)
    )


def _heard(connection: sa.Connection, code: Code) -> Hearing:
    active = active_on(connection, code.code_system)
    return hear(connection, code.code_system, [code], active)[code.code]
