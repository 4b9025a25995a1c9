"""What a sweep compares: the same codes asked with another number of codes per request.

Pure counting over what the trials yielded; asking is an adapter's matter, showing the command
line's. Accuracy is that of the model's own answers, before any other opinion is heard.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from facets_pipeline.domain.accuracy import Answers, CodeKey, Gold, Tally, accuracy_of
from facets_pipeline.domain.opinions import Answer

PARTS = 3
"""Into how many parts a request is cut to see whether the place in it matters."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a code stood when it was asked for the first time.

    Attributes:
        index: Its place in the request, from 0.
        size: Codes in the request.
        stood: Whether the first answer stood; else the code was asked again.
    """

    index: int
    size: int
    stood: bool

    @property
    def part(self) -> int | None:
        """The part of the request, from 0; None where the request is too short to have parts."""
        return self.index * PARTS // self.size if self.size >= PARTS else None


@dataclass(frozen=True, slots=True)
class Spending:
    """What a trial took, by the ledger, with every call that was repeated.

    Attributes:
        requests: Calls that were answered, or whose reply never came.
        input_tokens: Input at full price.
        cache_read_tokens: Input read from the cache.
        cache_write_tokens: Input written to it.
        output_tokens: Output, thinking included.
        nano_usd: What it cost in nano-dollars; None if a price is not known.
        seconds: From the first call to the last reply.
    """

    requests: int = 0
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    nano_usd: int | None = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking.

    Attributes:
        answers: The valid answers.
        in_review: Codes without a valid answer after all attempts.
        places: Where each code stood at first.
        spending: What it took.
    """

    answers: Answers
    in_review: frozenset[CodeKey]
    places: Mapping[CodeKey, Place]
    spending: Spending

    @property
    def settled(self) -> frozenset[CodeKey]:
        """Codes that came to an end; the others were not asked, for want of budget, say."""
        return self.in_review | frozenset(self.answers)


@dataclass(frozen=True, slots=True)
class Trial:
    """The figures of one number of codes per request.

    Attributes:
        codes_per_request: That number.
        wanted: Codes that were to be asked.
        asked: Codes that came to an end.
        in_review: Of these, codes without a valid answer; they count as wrong.
        again: Of these, codes whose first answer did not stand.
        differ: Codes that are answered otherwise than in the first trial; None for the first.
        cells: Labelled cells of the codes that came to an end.
        whole: Codes of which every labelled cell is right.
        parts: Codes that were wholly right at the first answer, by part of the request; empty
            where requests are too short.
        spending: What it took.
    """

    codes_per_request: int
    wanted: int
    asked: int
    in_review: int
    again: int
    differ: int | None
    cells: Tally
    whole: Tally
    parts: tuple[Tally, ...]
    spending: Spending

    @property
    def is_complete(self) -> bool:
        """Whether every code came to an end."""
        return self.asked == self.wanted

    def per_code(self, amount: float) -> float:
        """Return `amount` per code that came to an end; 0 if none did."""
        return amount / self.asked if self.asked else 0.0

    @property
    def usd_per_1000(self) -> float | None:
        """Dollars for a thousand codes; None if a price is not known."""
        nano = self.spending.nano_usd
        return None if nano is None else self.per_code(nano / 1e6)


def trial_of(
    codes_per_request: int,
    codes: Collection[CodeKey],
    gold: Gold,
    found: Asked,
    first: Asked | None,
) -> Trial:
    """Return the figures of one trial.

    Args:
        codes_per_request: Codes that were asked together.
        codes: The codes that were to be asked.
        gold: Labels of these codes.
        found: What came of it.
        first: What came of the first trial; None if this is it.
    """
    labels = {cell: value for cell, value in gold.items() if cell[:2] in found.settled}
    accuracy = accuracy_of(labels, found.answers)
    broken = {cell[:2] for cell, _, _ in accuracy.wrong}
    return Trial(
        codes_per_request=codes_per_request,
        wanted=len(codes),
        asked=len(found.settled),
        in_review=len(found.in_review),
        again=sum(not found.places[key].stood for key in found.settled if key in found.places),
        differ=None if first is None else _differing(found.answers, first.answers),
        cells=accuracy.cells,
        whole=accuracy.codes,
        parts=_parts(found, {cell[:2] for cell in labels}, broken),
        spending=found.spending,
    )


def _differing(answers: Answers, others: Answers) -> int:
    return sum(_given(answers[key]) != _given(others[key]) for key in answers if key in others)


def _given(answer: Answer) -> Answer:
    return {facet: value for facet, value in answer.items() if value is not None}


def _parts(found: Asked, labelled: set[CodeKey], broken: set[CodeKey]) -> tuple[Tally, ...]:
    rights, totals = [0] * PARTS, [0] * PARTS
    for key in labelled:
        place = found.places.get(key)
        if place is None or place.part is None:
            continue
        totals[place.part] += 1
        rights[place.part] += place.stood and key not in broken
    return tuple(map(Tally, rights, totals)) if any(totals) else ()
