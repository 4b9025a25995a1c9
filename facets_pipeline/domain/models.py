"""What each Claude model is, accepts and costs: dated facts, read from `models.json`.

What belongs here: the table, how one's own prices replace it, and which models may be asked.
What does not: what a request is made like (`request_plan`) and what tokens cost (`usage`). The API
states no prices, so they stand in a file with their date and source.
"""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, ClassVar, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError

from facets_pipeline.domain.errors import AnnotatorError, SettingsError
from facets_pipeline.domain.model_facts import STRICT, ModelFacts, RetiredModel

DEFAULT_MODEL = "claude-sonnet-5-5"
"""The model that is asked unless another is named."""

CHEAP_MODEL = "claude-haiku-5-5"
"""The cheap choice."""

REVIEW_MODEL = "claude-opus-5-5"
"""The choice where an answer is in doubt."""


@dataclass(frozen=True, slots=True)
class ModelTable:
    """All models that are known, the newest first.

    Attributes:
        models: Those that answer, or did when the table was made.
        retired: Those that no longer do.
        about: What the file says of itself.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    models: tuple[ModelFacts, ...]
    retired: tuple[RetiredModel, ...] = ()
    about: str = ""

    def known_model(self, name: str) -> ModelFacts | None:
        """Return the facts of a model by id or alias; None if it is not in the table."""
        for facts in self.models:
            if name == facts.id or name in facts.aliases:
                return facts
        return None

    def refuse_retired(self, name: str, day: date) -> None:
        """Refuse a model that no longer answers on `day`; one that is not known passes.

        Raises:
            AnnotatorError: It is retired; the message lists the current models.
        """
        facts = self.known_model(name)
        if facts is not None and facts.retires_on is not None and facts.retires_on <= day:
            self._refuse(name, facts.retires_on)
        for gone in self.retired:
            if name == gone.id or name in gone.aliases:
                self._refuse(name, gone.retired_on)

    def model_facts(self, name: str, day: date) -> ModelFacts:
        """Return the facts of a model by id or alias.

        Raises:
            AnnotatorError: It is retired on `day` or not in the table; the message lists the
                current models.
        """
        self.refuse_retired(name, day)
        facts = self.known_model(name)
        if facts is None:
            raise AnnotatorError(
                f"The model {name!r} is not known here: use one of {self.current()}."
            )
        return facts

    def current(self) -> str:
        """Return the names of the current models, for a sentence."""
        return ", ".join(facts.id for facts in self.models if facts.status == "current")

    def _refuse(self, name: str, since: date | None) -> None:
        when = f"was retired on {since.isoformat()}" if since else "is retired"
        raise AnnotatorError(
            f"The model {name!r} {when} and no longer answers: use one of {self.current()}."
        )


@cache
def shipped_models() -> ModelTable:
    """Return the table that comes with the package."""
    return TypeAdapter(ModelTable).validate_python(_shipped_document())


def with_own_prices(text: str, name: str) -> ModelTable:
    """Return the shipped table with a user's own entries in place of, or besides, its own.

    Args:
        text: JSON of the shape of `models.json`. An entry for a known model need only have its `id`
            and what differs; a `prices` object is replaced as a whole.
        name: What the text is called in an error message, as the path of its file.

    Raises:
        SettingsError: It is not JSON of this shape; the message names the first field.
    """
    document = _shipped_document()
    entries = {entry["id"]: entry for entry in document["models"]}
    try:
        own = json.loads(text, parse_float=Decimal)
        for entry in own["models"]:
            entries[entry["id"]] = entries.get(entry["id"], {}) | entry
        retired = [*own.get("retired", []), *document["retired"]]
        merged = {"models": list(entries.values()), "retired": retired}
        return TypeAdapter(ModelTable).validate_python(merged)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"The price file {name!r} cannot be used: {where}: {first['msg']}; correct it."
        ) from (None)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SettingsError(
            f"The price file {name!r} is not a JSON object with a list `models` of objects with an "
            "`id`: write it like the package's own models.json."
        ) from None


def _shipped_document() -> dict[str, Any]:
    text = (
        resources.files("facets_pipeline.domain")
        .joinpath("models.json")
        .read_text(encoding="utf-8")
    )
    return cast("dict[str, Any]", json.loads(text))
