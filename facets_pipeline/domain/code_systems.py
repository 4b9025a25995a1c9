"""The code systems: adding one is one entry in `CODE_SYSTEMS`, nothing else knows their names.

Patterns follow the AMA's CPT code format (Category I digits, and the letters F, T, U, M, A of the
other categories) and the CMS HCPCS Level II format (a letter A-V and four digits). Two-character
modifiers are not codes.
"""

import re
from dataclasses import dataclass

from facets_pipeline.domain.errors import SettingsError


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """One procedure code system.

    Attributes:
        name: Its key everywhere: partitions, tables, options.
        title: What people call it.
        code_pattern: A regular expression that a whole code matches.
        modifier_pattern: A regular expression that a whole modifier matches; modifiers are skipped.
        public_text: Whether its descriptors may be shown and shipped freely.
        canonical_url: Its name in FHIR, as HL7 registers it; empty if it has none.
    """

    name: str
    title: str
    code_pattern: str
    modifier_pattern: str
    public_text: bool
    canonical_url: str = ""

    def is_code(self, text: str) -> bool:
        """Tell whether `text` has the form of a code of this system."""
        return re.fullmatch(self.code_pattern, text) is not None

    def is_modifier(self, text: str) -> bool:
        """Tell whether `text` has the form of a modifier of this system."""
        return re.fullmatch(self.modifier_pattern, text) is not None


CODE_SYSTEMS: dict[str, CodeSystem] = {
    system.name: system
    for system in (
        CodeSystem(
            "CPT",
            "CPT",
            r"[0-9]{4}[0-9FTUMA]",
            r"[0-9A-Z]{2}",
            public_text=False,
            canonical_url="http://www.ama-assn.org/go/cpt",
        ),
        CodeSystem(
            "HCPCS",
            "HCPCS Level II",
            r"[A-V][0-9]{4}",
            r"[0-9A-Z]{2}",
            public_text=True,
            canonical_url="http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        ),
    )
}


def code_system(name: str) -> CodeSystem:
    """Return the code system called `name`, in any case.

    Raises:
        SettingsError: No such system; the message lists those there are.
    """
    system = CODE_SYSTEMS.get(name.strip().upper())
    if system is None:
        choices = ", ".join(CODE_SYSTEMS)
        raise SettingsError(f"Unknown code system {name!r}: use one of {choices}.")
    return system
