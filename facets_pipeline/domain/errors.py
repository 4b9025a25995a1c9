"""Every error that a user can meet, as one tree.

    FacetsError                     base: one sentence, what was given, expected, and what to do
    |-- InputError                  the user's file, table or option cannot be used      (exit 2)
    |   |-- SourceError             a code file or table
    |   `-- SettingsError           a setting or an option
    |-- StoreError                  the database or the data folder cannot be used        (exit 1)
    |-- AnnotatorError              an annotator cannot work: key, model, limits, outage  (exit 1)
    |   `-- BudgetError             the next call could cost more than a budget has left  (exit 1)
    |-- AlertError                  somebody could not be told that a run failed          (exit 1)
    `-- WorkLeftError               the run ended, but codes were not asked               (exit 1)

Messages are single sentences, without a traceback: the command line prints them as they are.
"""


class FacetsError(Exception):
    """Base of all errors that are meant for a person; `exit_code` is what the command returns."""

    exit_code = 1


class InputError(FacetsError):
    """Something that the user gave cannot be used; nothing was written."""

    exit_code = 2


class SourceError(InputError):
    """A code file, an official table or a SQL table cannot be read as what it should be."""


class SettingsError(InputError):
    """A setting or an option has a value that cannot be used."""


class StoreError(FacetsError):
    """The database or the data folder cannot be reached, created, read or written."""


class AnnotatorError(FacetsError):
    """An annotator cannot work at all: no key, unknown model, limit reached, service down."""


class BudgetError(AnnotatorError):
    """The next call could cost more than a budget has left; it was not made.

    Args:
        message: What is used up, and the remedy, in a sentence.
        scope: The budget, as `day:2026-11-24` or `run:ID`; empty where none can be kept at all.
    """

    def __init__(self, message: str, scope: str = "") -> None:
        super().__init__(message)
        self.scope = scope


class AlertError(FacetsError):
    """The address that is told of failed runs could not be reached, or refused the message."""


class WorkLeftError(FacetsError):
    """A run ended with codes that were not asked; running it again asks exactly those."""
