"""Quoting what was given in a sentence: any text, however long or strange, on one line.

Belongs here: how input is shown in messages. Does not belong here: any message.
"""

LONGEST_QUOTE = 80
"""Characters of an input that a sentence shows; a code, a date and most names are shorter."""

_LONGEST_REASON = 200

_LONGEST_MESSAGE = 600


def quoted(text: str, longest: int = LONGEST_QUOTE) -> str:
    """Return `text` between quotation marks, as Python writes it; its middle is left out if long.

    What it returns has no line break, no NUL and nothing that cannot be encoded.
    """
    if len(text) <= longest:
        return repr(text)
    half = longest // 2
    return f"{text[:half]!r}…{text[-half:]!r}"


def reason(error: object) -> str:
    """Return what a library says went wrong, its first line, short enough for a sentence."""
    lines = (line.strip() for line in str(error).splitlines())
    line = next(filter(None, lines), type(error).__name__)
    return one_line(line, _LONGEST_REASON)


def one_line(text: str, longest: int = _LONGEST_MESSAGE) -> str:
    """Return a message of others on one line, cut if it is long; what cannot be shown is escaped.

    Like all that this module returns, it can be stored: it has no NUL and no half of a character.
    """
    line = " ".join(text.split())
    shown = line if line.isprintable() else repr(line)[1:-1]
    return shown if len(shown) <= longest else f"{shown[:longest]}…"
