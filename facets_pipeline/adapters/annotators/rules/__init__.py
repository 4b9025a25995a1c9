"""The `rules` annotator: embedded, offline, free, and the same answer every time.

It says what the structure of CPT and HCPCS Level II and the words of a descriptor decide. Tables
carry the knowledge (`tables/*.csv`), `tables` and `words` read them, `opinion` combines them.
Official per-code tables (fee schedule, RBCS) are not here: they are sources of their own.
"""

import functools
import hashlib

from facets_pipeline.adapters.annotators.rules.opinion import rules_opinion
from facets_pipeline.adapters.annotators.rules.tables import table_files

RULES_VERSION = "1"
"""Version of the code that combines the tables; raise it when an answer can change by code."""


@functools.cache
def rules_content_hash() -> str:
    """Return the SHA-256 (hex) of the tables and of `RULES_VERSION`: what decides the answers."""
    digest = hashlib.sha256(RULES_VERSION.encode("ascii"))
    for entry in table_files():
        digest.update(entry.name.encode("utf-8") + b"\0")
        digest.update(entry.read_bytes() + b"\0")
    return digest.hexdigest()


__all__ = ["RULES_VERSION", "rules_content_hash", "rules_opinion"]
