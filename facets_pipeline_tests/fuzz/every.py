"""Every target by its name, for the suite and for the fuzzer."""

from collections.abc import Mapping

from facets_pipeline_tests.fuzz.answers import answer_targets
from facets_pipeline_tests.fuzz.documents import document_targets
from facets_pipeline_tests.fuzz.stores import store_targets
from facets_pipeline_tests.fuzz.targets import Target, file_targets


def targets() -> Mapping[str, Target]:
    """Return all targets by name, in the order of the way that data take."""
    every = (*file_targets(), *answer_targets(), *document_targets(), *store_targets())
    return {target.name: target for target in every}
