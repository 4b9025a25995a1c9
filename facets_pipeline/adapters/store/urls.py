"""Where a store lives: what people write as a database address, brought to one form.

Only text in, address out: nothing is opened here (`engines`) and no setting is read.
Passwords never reach a message.
"""

from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from facets_pipeline.domain.errors import SettingsError

STORE_DRIVER = "postgresql+psycopg"
DAGSTER_DRIVER = "postgresql+psycopg2"
"""Dagster's Postgres storage needs psycopg2: under psycopg 3 its NOTIFY statement is refused."""

_POSTGRES_SCHEMES = frozenset({"postgres", "postgresql", STORE_DRIVER, DAGSTER_DRIVER})
_SQLITE_SCHEMES = frozenset({"sqlite", "sqlite+pysqlite"})
_FILE_SUFFIXES = frozenset({".db", ".sqlite", ".sqlite3"})
_EXPECTED = (
    "use sqlite:///PATH, a path ending in .db or .sqlite, or postgresql://USER@HOST/DATABASE"
)


def store_url(text: str) -> sa.URL:
    """Return the address of a store, with an absolute path or with our Postgres driver.

    Args:
        text: `sqlite:///PATH`, a bare path ending in `.db`, `.sqlite` or `.sqlite3`, or an address
            starting with `postgres://`, `postgresql://` or `postgresql+psycopg://`.

    Raises:
        SettingsError: It is something else, or names no file.
    """
    scheme, separator, _ = text.strip().partition("://")
    if not separator:
        return _bare_path_url(text.strip())
    if scheme in _SQLITE_SCHEMES:
        return _sqlite_url(_parsed(text.strip()))
    if scheme in _POSTGRES_SCHEMES:
        return _parsed(text.strip()).set(drivername=STORE_DRIVER)
    raise SettingsError(
        f"The database address starts with {scheme!r}, which is unknown: {_EXPECTED}."
    )


def dagster_url(text: str) -> str:
    """Return a Postgres address as Dagster's own storage wants it, password included.

    Raises:
        SettingsError: It is not a Postgres address.
    """
    url = store_url(text)
    if url.get_backend_name() != "postgresql":
        raise SettingsError(
            f"Dagster's instance was given the database {shown(url)!r}: it needs a postgresql:// "
            "address, or none at all to keep its files in the data folder."
        )
    # An option of ours, which no driver knows; what it limits are our own connections.
    ours = url.difference_update_query(["pool_size"])
    return ours.set(drivername=DAGSTER_DRIVER).render_as_string(hide_password=False)


def shown(url: sa.URL) -> str:
    """Return the address as it may stand in a message: a file's path, or no password."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    hidden = {key: value for key, value in url.query.items() if "password" not in key.lower()}
    return url.set(drivername="postgresql", query=hidden).render_as_string(hide_password=True)


def _bare_path_url(text: str) -> sa.URL:
    """Return the address of a SQLite file that was given by its path alone."""
    if Path(text).suffix.lower() not in _FILE_SUFFIXES:
        raise SettingsError(f"{_unspoken(text)!r} is not a database address: {_EXPECTED}.")
    return _sqlite_url(sa.URL.create("sqlite", database=text))


def _sqlite_url(url: sa.URL) -> sa.URL:
    """Return the address with an absolute path: it must survive a change of working folder."""
    if not url.database or url.database == ":memory:" or url.host:
        raise SettingsError(
            f"{url.render_as_string()!r} names no file: several processes share the store, so give "
            "a path, as in sqlite:///facets.db or sqlite:////var/lib/facets/facets.db."
        )
    if url.query:
        raise SettingsError(
            f"{url.render_as_string()!r} carries options after '?': a SQLite store takes none, "
            "so leave them out."
        )
    return sa.URL.create("sqlite", database=str(Path(url.database).expanduser().absolute()))


def _parsed(text: str) -> sa.URL:
    """Return the parts of an address whose scheme is known."""
    try:
        return sa.make_url(text)
    except (ArgumentError, ValueError):
        # The cause may quote a piece of the password (a '@' or ':' in it shifts the parts).
        raise SettingsError(
            f"The {text.partition('://')[0]}:// address cannot be read: {_EXPECTED}, "
            "and write @ : / in a password as %40 %3A %2F."
        ) from None


def _unspoken(text: str) -> str:
    """Return text for a message, cut before anything that could be a password."""
    return text.rpartition("@")[2] if "@" in text else urlsplit(text).path or text
