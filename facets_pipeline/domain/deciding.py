"""What a person's decision may say: how it is spelled, what must be set along so that rules hold.

Keeping decisions is the store's business; that they override and lapse is `validation`.
"""

from collections.abc import Mapping, Sequence

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.domain.opinions import FacetValue
from facets_pipeline.domain.repairing import Values, objections

NULL = "null"
"""How no value is spelled in a decision."""

_MOST_CHOICES = 4
"""How many values a sentence names before it says that there are more."""


def shown(value: FacetValue | None) -> str:
    """Return a value as people write it in a decision."""
    if value is None:
        return NULL
    return str(value).lower() if isinstance(value, bool) else value


def decided_values(pairs: Sequence[str], codebook: Codebook) -> dict[str, FacetValue | None]:
    """Return what texts like `body_region=chest` or `em_level=null` decide.

    Raises:
        SettingsError: A text is no pair, a facet or value is unknown, or a facet is named twice.
    """
    found: dict[str, FacetValue | None] = {}
    for pair in pairs:
        name, is_pair, text = pair.partition("=")
        name = name.strip().lower()
        if not is_pair:
            raise SettingsError(
                f"{pair!r} decides nothing: write facet=value, as in em_level=null."
            )
        if name not in codebook.names:
            raise SettingsError(f"{name!r} is no facet: use one of {', '.join(codebook.names)}.")
        if name in found:
            raise SettingsError(f"{name} is decided twice: name it once.")
        found[name] = _value(name, text.strip(), codebook)
    return found


def _value(name: str, text: str, codebook: Codebook) -> FacetValue | None:
    facet = codebook.facet(name)
    is_mandatory = facet == codebook.category
    if text.lower() == NULL and not is_mandatory:
        return None
    try:
        return facet.value_of(text)
    except ValueError as error:
        choices = [shown(value) for value in facet.vocabulary] + ([] if is_mandatory else [NULL])
        raise SettingsError(
            f"{name} cannot be {text!r}: use one of {', '.join(choices)}."
        ) from error


def set_along(
    code: Code, answer: Values, decided: Mapping[str, FacetValue | None], codebook: Codebook
) -> dict[str, tuple[FacetValue | None, ...]]:
    """Return which facets to set along with a decision that breaks rules, and to what.

    Args:
        code: The code.
        answer: All values with the decision in them.
        decided: The decision; these facets stay as they are.
        codebook: The facets.

    Returns:
        Facet to the values that help, as few facets as were found; empty if none helps.
    """
    trial, needed = dict(answer), dict[str, tuple[FacetValue | None, ...]]()
    while at_fault := objections(code, trial, codebook):
        free = [name for name in codebook.names if name not in decided and name not in needed]
        # Facets at which a rule is broken first: changing another may undo what was decided.
        free.sort(key=lambda name: name not in at_fault)
        left = {name: _objections_by_value(code, trial, name, codebook) for name in free}
        best = min(free, key=lambda name: min(left[name].values()), default=None)
        if best is None or min(left[best].values()) >= len(at_fault):
            return {}
        fewest = min(left[best].values())
        needed[best] = tuple(value for value, count in left[best].items() if count == fewest)
        trial[best] = needed[best][0]
    return needed


def what_to_set(along: Mapping[str, Sequence[FacetValue | None]]) -> str:
    """Return what `set_along` found, as the end of a sentence."""
    if not along:
        return "decide other values"
    parts = [f"{facet}={_choices(values)}" for facet, values in along.items()]
    return f"set along {' and '.join(parts)}"


def _objections_by_value(
    code: Code, answer: Values, facet: str, codebook: Codebook
) -> dict[FacetValue | None, int]:
    """Return how many objections are left with each value of `facet`, none first."""
    return {
        value: len(objections(code, {**answer, facet: value}, codebook))
        for value in (None, *codebook.facet(facet).vocabulary)
    }


def _choices(values: Sequence[FacetValue | None]) -> str:
    some = "|".join(shown(value) for value in values[:_MOST_CHOICES])
    return f"{some} or others" if len(values) > _MOST_CHOICES else some
