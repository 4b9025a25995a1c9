"""How an error that is meant for a person becomes a Dagster failure: its sentence, and what helps.

Whether trying again by itself can help is decided here. Dagster's `RetryPolicy` would try again
whatever happened, defects too, and at the end say "exceeded max_retries" in place of the reason.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

import dagster as dg

from facets_pipeline.domain.errors import FacetsError, StoreError
from facets_pipeline.engine.calls import NotPaid

Explain = Callable[[FacetsError], Mapping[str, dg.MetadataValue]]
"""Returns what else a person should know about a failure."""

MOST_RETRIES = 2
"""How often a step is tried again by itself. The engine has tried twelve times before, with pauses
of up to a minute: what is not over after two more waits is for a person."""

FIRST_WAIT_SECONDS = 60.0
"""The wait before the first retry; the second is twice as long."""


def is_passing(error: FacetsError) -> bool:
    """Tell whether the cause of `error` may pass without anybody's doing.

    An outage of the API or the store may. Key, model, budget and input do not heal by waiting.
    A lost reply may have been paid for, so that asking again by itself could cost twice.
    """
    return isinstance(error, (NotPaid, StoreError))


@contextmanager
def plain_failures(explain: Explain | None = None, *, retry: int | None = None) -> Generator[None]:
    """Turn a `FacetsError` into a `Failure` whose description is its sentence.

    Args:
        explain: Returns metadata for the failure; None for none.
        retry: How often the step was tried again before, to try again what may pass; None to
            leave that to whoever started the run.
    """
    try:
        yield
    except FacetsError as error:
        passing = is_passing(error)
        failure = dg.Failure(str(error), _explained(explain, error), allow_retries=passing)
        if passing and retry is not None and retry < MOST_RETRIES:
            wait = FIRST_WAIT_SECONDS * 2**retry
            raise dg.RetryRequested(MOST_RETRIES, seconds_to_wait=wait) from failure
        raise failure from error


def _explained(explain: Explain | None, error: FacetsError) -> Mapping[str, dg.MetadataValue]:
    if explain is None:
        return {}
    try:
        return explain(error)
    except FacetsError as second:
        # Where the store is down it cannot be read either; the first error is the one to show.
        return {"not_known_because": dg.MetadataValue.text(str(second))}
