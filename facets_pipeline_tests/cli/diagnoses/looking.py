"""Looks at one part of the world in an empty folder; no test belongs here."""

from facets_pipeline.cli.diagnoses.diagnosis import Diagnosis, Look, guarded
from facets_pipeline.settings import Settings


def looked(look: Look) -> dict[str, Diagnosis]:
    """Return what `look` finds under the settings as they are now, by name."""
    settings = Settings.load()
    return {found.name: found for found in guarded("look", lambda: look(settings))}


def is_fault(found: Diagnosis, *words: str) -> bool:
    """Whether it is a fault that says the words and has a remedy."""
    told = f"{found.found} {found.remedy}"
    return found.state == "fault" and found.remedy != "" and all(word in told for word in words)
