"""The Postgres of the tests: both ways to get one, and that none is left behind."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from facets_pipeline_tests.postgres_server import (
    PostgresServer,
    packaged_binaries,
    running_postgres,
    system_binaries,
)

pytestmark = pytest.mark.postgres

_PARENT = """
import sys
from facets_pipeline_tests.postgres_server import running_postgres
with running_postgres() as server:
    print(server.folder, flush=True)
    sys.stdin.read()
"""


def _answer(server: PostgresServer) -> object:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute("SELECT 6 * 7").fetchone()
    return row[0] if row else None


def test_the_packaged_binaries_run_a_server_and_leave_nothing_behind() -> None:
    with running_postgres(packaged_binaries()) as server:
        assert _answer(server) == 42
        assert server.folder.is_dir()
    assert not server.folder.exists()


def test_the_systems_binaries_run_a_server() -> None:
    binaries = system_binaries()
    if binaries is None:
        pytest.skip("this machine has no Postgres of its own")
    with running_postgres(binaries) as server:
        assert _answer(server) == 42


def test_binaries_in_a_folder_that_others_may_not_enter_are_copied(tmp_path: Path) -> None:
    hidden = tmp_path / "home"
    hidden.mkdir(mode=0o700)
    package = packaged_binaries().parents[1]
    for tree in (package, package.with_name(f"{package.name}.libs")):
        if tree.is_dir():
            (hidden / tree.name).symlink_to(tree)
    with running_postgres(hidden / packaged_binaries().relative_to(package.parent)) as server:
        assert _answer(server) == 42
    assert not server.folder.exists()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    # The folder above the programs may be copied whole: it holds nothing of other tests.
    programs = tmp_path / "package" / "bin"
    programs.mkdir(parents=True)
    for name, script in {"initdb": "echo no room left >&2; exit 1", "postgres": "exit 0"}.items():
        program = programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    with pytest.raises(RuntimeError, match="no room left"), running_postgres(programs):
        pytest.fail("the block must not run")


def test_a_killed_parent_leaves_neither_server_nor_folder() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    ) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        folder = Path(parent.stdout.readline().strip())
        assert (folder / "data" / "postmaster.pid").is_file()
        parent.kill()
        # The keeper shares this stream: it ends when the keeper has done its work.
        parent.stderr.read()
    assert not folder.exists()


def test_a_fresh_database_is_empty_and_gone_afterwards(postgres_server: PostgresServer) -> None:
    with postgres_server.fresh_database() as name, psycopg.connect(postgres_server.url(name)) as it:
        tables = it.execute("SELECT * FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert tables == []
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(postgres_server.url(name))


def test_a_guarded_user_needs_the_password(postgres_server: PostgresServer) -> None:
    postgres_server.execute(sql.SQL("CREATE ROLE guarded LOGIN").format())
    try:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(postgres_server.url(user="guarded:wrong"))
    finally:
        postgres_server.execute(sql.SQL("DROP ROLE guarded").format())
