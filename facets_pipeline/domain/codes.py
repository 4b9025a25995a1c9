"""A code as it was read from a source, and the text of it that is asked about.

What makes a row usable is decided in `intake`; how a file is laid out is an adapter's business.
"""

import hashlib
import unicodedata
from dataclasses import dataclass, field
from datetime import date

MAX_DESCRIPTOR = 5_000
"""Characters of a descriptor that count; the longest official one has 4,501."""


def normalise_text(text: str) -> str:
    """Return `text` in Unicode NFKC, without control or format characters, white space collapsed.

    Two texts that look the same to a reader become equal, so that a re-saved file changes nothing.
    """
    # First without them: a soft hyphen, say, keeps a letter and its accent from becoming one.
    shown = "".join(
        character
        for character in text
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf"}
    )
    return " ".join(unicodedata.normalize("NFKC", shown).split())


@dataclass(frozen=True, slots=True)
class Code:
    """One procedure code with its descriptors and dates, as one source states it.

    Attributes:
        code_system: Name of the code system, a key of `CODE_SYSTEMS`.
        code: The code itself: text from first to last, leading zeros kept.
        short_descriptor: Short text, normalised, may be empty.
        long_descriptor: Long text, normalised, may be empty.
        plain_descriptor: Consumer or paraphrased text, normalised, may be empty.
        category: The source's own heading for the code, normalised, may be empty.
        effective_on: First day on which the code may be used; None if the source has no dates.
        terminated_on: Last day on which it may be used; None if it has none.
        row: Where its source states it, from 1; 0 if unknown. Not part of what the code is.
    """

    code_system: str
    code: str
    short_descriptor: str = ""
    long_descriptor: str = ""
    plain_descriptor: str = ""
    category: str = ""
    effective_on: date | None = None
    terminated_on: date | None = None
    row: int = field(default=0, compare=False)

    @property
    def descriptor(self) -> str:
        """The one text that is asked about: the long descriptor, else the plain, else the short.

        It is cut at `MAX_DESCRIPTOR` characters, so that one row cannot make a call expensive.
        """
        text = self.long_descriptor or self.plain_descriptor or self.short_descriptor
        return text[:MAX_DESCRIPTOR]

    @property
    def descriptor_hash(self) -> str:
        """SHA-256 (hex) of the descriptor; a changed hash is a changed code."""
        return hashlib.sha256(self.descriptor.encode("utf-8")).hexdigest()

    def is_active_on(self, day: date) -> bool:
        """Tell whether the code may be used on `day`, as far as its source says."""
        started = self.effective_on is None or self.effective_on <= day
        return started and (self.terminated_on is None or day <= self.terminated_on)
