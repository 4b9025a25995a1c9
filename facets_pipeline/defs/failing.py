"""How an error that is meant for a person becomes a Dagster failure: its sentence, no retries."""

from collections.abc import Generator
from contextlib import contextmanager

import dagster as dg

from facets_pipeline.domain.errors import FacetsError, InputError


@contextmanager
def plain_failures() -> Generator[None]:
    """Turn a `FacetsError` into a `Failure` whose description is its sentence.

    What is wrong with the input does not heal by trying again, so it is not retried.
    """
    try:
        yield
    except FacetsError as error:
        allow_retries = not isinstance(error, InputError)
        raise dg.Failure(description=str(error), allow_retries=allow_retries) from error
