"""Which partitions of `llm_facets` have codes to ask about, whatever colour Dagster shows them in.

Dagster's "missing" knows nothing of a new release, codebook or model; the ledger does. Here is who
would answer, and where; when that is done, and what it may cost, is the business of those who ask.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.defs.filling import AnyAnnotator, AskingConfig, annotator_for, asked_codes
from facets_pipeline.defs.partitions import cell_key
from facets_pipeline.engine.ports import Scope


@dataclass(frozen=True, slots=True)
class PendingCells:
    """What is pending of one code system.

    Attributes:
        code_system: Its name.
        annotator: Who would answer.
        codes: Partition key, as `HCPCS|07`, to its pending codes; none in a live batch or in
            review, and no partition without any.
    """

    code_system: str
    annotator: AnyAnnotator
    codes: Mapping[str, int]


def pending_cells(
    store: Store, code_system: str, asking: AskingConfig, claude: ClaudeResource
) -> PendingCells:
    """Return what a run would ask now; nothing is written.

    Raises:
        AnnotatorError: The annotator cannot be chosen; the message says the remedy.
    """
    annotator = annotator_for(store, code_system, asking, claude)
    ask = asked_codes(annotator, asking.ask)
    scope = Scope(code_system, store.today(), ask=ask)
    codes = store.ledger.askable_by_chunk(scope, annotator.recipe.recipe_id)
    return PendingCells(
        code_system,
        annotator,
        {str(cell_key(code_system, chunk)): number for chunk, number in codes.items()},
    )
