"""The partitions: code systems, and code systems by chunk.

Dagster orders dimensions by name: `system_chunk` sorts after `code_system`, so that keys read
`HCPCS|07` and the grid's rows are code systems.
"""

import dagster as dg

from facets_pipeline.domain.chunks import CHUNKS
from facets_pipeline.domain.code_systems import CODE_SYSTEMS

CODE_SYSTEM = "code_system"
SYSTEM_CHUNK = "system_chunk"

system_partitions = dg.StaticPartitionsDefinition(list(CODE_SYSTEMS))

chunk_partitions = dg.MultiPartitionsDefinition(
    {
        CODE_SYSTEM: system_partitions,
        SYSTEM_CHUNK: dg.StaticPartitionsDefinition(list(CHUNKS)),
    }
)


def cell_key(code_system: str, chunk: str) -> dg.MultiPartitionKey:
    """Return the partition key of a cell."""
    return dg.MultiPartitionKey({CODE_SYSTEM: code_system, SYSTEM_CHUNK: chunk})


def cell_of(partition_key: str) -> tuple[str, str]:
    """Return code system and chunk of a cell's partition key, as `HCPCS|07`."""
    code_system, chunk = partition_key.split("|")
    return code_system, chunk
