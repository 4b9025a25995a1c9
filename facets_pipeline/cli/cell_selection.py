"""Which partitions `facets generate` is to work on: some chunks, or what Dagster shows as not done.

Choosing only; `cell_runs` asks them and has them shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from facets_pipeline.domain.chunks import CHUNKS
from facets_pipeline.domain.errors import SettingsError

if TYPE_CHECKING:
    import dagster as dg

    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.cli.asking import Asking


class Only(StrEnum):
    """What `--only` may say."""

    MISSING_OR_FAILED = "missing-or-failed"


@dataclass(frozen=True, slots=True)
class Selection:
    """What the options choose.

    Attributes:
        systems: Code systems.
        chunks: Chunks; empty for all.
        only: Which of their partitions; None for all.
    """

    systems: tuple[str, ...]
    chunks: tuple[str, ...] = ()
    only: Only | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.chunks and self.only is None


def chosen_chunks(texts: Sequence[str] | None) -> tuple[str, ...]:
    """Return the chunks that options name, as `7` or `07`, each once.

    Raises:
        SettingsError: There is no such chunk.
    """
    chunks = [text.strip().zfill(2) for text in texts or ()]
    for text, chunk in zip(texts or (), chunks, strict=True):
        if chunk not in CHUNKS:
            raise SettingsError(
                f"There is no chunk {text!r}: name one from {CHUNKS[0]} to {CHUNKS[-1]}."
            )
    return tuple(dict.fromkeys(chunks))


def cells_of(
    store: "Store", instance: "dg.DagsterInstance", selection: Selection, asking: "Asking"
) -> list[str]:
    """Return the partition keys of `selection`, as `HCPCS|07`, in order.

    Raises:
        AnnotatorError: Who would answer cannot be told, so neither can what is pending.
    """
    from facets_pipeline.defs.claude import ClaudeResource
    from facets_pipeline.defs.llm_facets import llm_facets
    from facets_pipeline.defs.partitions import cell_key, chunk_partitions
    from facets_pipeline.defs.pending_cells import pending_cells

    found: list[str] = []
    for system in selection.systems:
        keys = [str(cell_key(system, chunk)) for chunk in selection.chunks or CHUNKS]
        if selection.only is Only.MISSING_OR_FAILED:
            pending = pending_cells(store, system, asking.as_model(), ClaudeResource()).codes
            known = instance.get_status_by_partition(llm_facets.key, keys, chunk_partitions) or {}
            status = {key: one.value for key, one in known.items() if one is not None}
            keys = [key for key in keys if key in pending or status.get(key) in (None, "FAILED")]
        found += keys
    return found
