"""Waiting for a Postgres that refuses connections for a moment: it is full, or comes up again.

Only opening a connection is tried again: nothing was sent yet. A statement never is.
"""

import random
import time
from typing import Any, Final

import psycopg
import sqlalchemy as sa
from sqlalchemy import event

PATIENCE_SECONDS: Final = 20.0
"""How long a connection is tried for: runs of a fleet give theirs back within seconds."""

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
_PASSING: Final = (
    "too many c",
    "remaining connection slots",
    "the database system is starting up",
    "the database system is shutting down",
    "the database system is in recovery",
)
"""What the server says where it will soon say something else; a refusal carries no SQLSTATE."""

_GONE: Final = ("Connection refused", "No such file or directory")
"""What the system says where no server listens: a wrong address, or one that is restarted."""


def connect_patiently(engine: sa.Engine) -> None:
    """Let an engine try for `PATIENCE_SECONDS` while its server is full or restarted.

    Where no server listens, only if one did before: a wrong address is told at once.
    """
    _Patience().listen(engine)


class _Patience:
    """What one engine knows of its server."""

    def __init__(self) -> None:
        self._was_there = False

    def listen(self, engine: sa.Engine) -> None:
        event.listen(engine, "do_connect", self._connect)

    def _connect(
        self, dialect: sa.Dialect, _record: object, positional: list[Any], named: dict[str, Any]
    ) -> Any:  # noqa: ANN401 - a connection of the driver
        until = time.monotonic() + PATIENCE_SECONDS
        pause = _FIRST_PAUSE
        while True:
            try:
                connection = dialect.connect(*positional, **named)
            except psycopg.OperationalError as error:
                if not self._may_pass(str(error)) or time.monotonic() + pause > until:
                    raise
                # Not in step with the other processes that were refused.
                time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                self._was_there = True
                return connection

    def _may_pass(self, words: str) -> bool:
        passing = _PASSING + _GONE if self._was_there else _PASSING
        return any(said in words for said in passing)
