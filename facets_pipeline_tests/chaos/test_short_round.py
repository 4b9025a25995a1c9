"""A short round of the suite, and proof that what must be 0 is not 0 where something is wrong."""

import random
import subprocess
import sys
from collections.abc import Generator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.store.schema import call, call_item, outcome
from facets_pipeline_tests.chaos.figures import BREACHES, Line
from facets_pipeline_tests.chaos.findings import examine
from facets_pipeline_tests.chaos.kills import MESSAGE_AIMS, Kills
from facets_pipeline_tests.chaos.scene import Scene
from facets_pipeline_tests.chaos.stage import Stage

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc"),
]

KILLS = 6
CODES = 120
QUICK = {
    name: MESSAGE_AIMS[name] for name in ("claim", "send", "request", "reply", "settle", "commit")
}


@pytest.fixture(scope="module")
def played() -> Generator[tuple[Scene, Line]]:
    """A scene on SQLite on which some lives were killed and one was left in peace."""
    draw = random.Random(11)  # noqa: S311 - it can be repeated
    stage = Stage(None, draw, KILLS, 1)
    line = stage.line("kill -9")
    with stage.scene(CODES, rpm=600) as scene:
        kills = Kills(scene, KILLS, draw, aims=QUICK, at_once=2, by_step_only=True)
        kills.play()
        line.kills = kills.struck.total()
        stage.finish(scene, line)
        yield scene, line


def test_lives_killed_at_random_instants_lose_nothing_and_pay_nothing_again(
    played: tuple[Scene, Line],
) -> None:
    scene, line = played
    assert line.kills >= KILLS
    assert (line.found.codes, line.found.in_review) == (CODES, 0)
    assert line.is_clean, line.document()
    assert scene.server.admin.account()["paid_calls"] >= CODES // 3


def test_whatever_is_wrong_is_found(played: tuple[Scene, Line]) -> None:
    scene, line = played
    (scene.folder / ".facets" / "half.part").write_text("half of a file")
    with scene.open() as store, store.database.write() as connection:
        first = connection.execute(
            sa.select(call.c.call_id).where(call.c.state == "answered").limit(1)
        ).scalar_one()
        items = sa.select(call_item.c.code).where(call_item.c.call_id == first)
        codes = list(connection.execute(items).scalars())
        connection.execute(sa.update(store.flat.table).values(model="by hand"))
        connection.execute(sa.delete(call_item).where(call_item.c.call_id == first))
        connection.execute(sa.update(call).where(call.c.call_id != first).values(cost_nano_usd=1))
        held = sa.select(sa.func.max(call_item.c.item_id)).scalar_subquery()
        connection.execute(
            sa.update(call_item).where(call_item.c.item_id == held).values(open=True)
        )
        lost = sa.select(sa.func.max(outcome.c.outcome_id)).scalar_subquery()
        connection.execute(sa.delete(outcome).where(outcome.c.outcome_id == lost))
    waiting = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(waiting, cwd=scene.folder, stdin=subprocess.PIPE):
        found = examine(scene)
    assert (found.lost, found.twice, found.stuck, found.orphans) == (1, len(codes), 1, 1)
    assert (found.files, found.rows) == (1, CODES)
    assert found.account > 1
    broken = replace(line, found=found, broken=1).figures()
    assert all(broken[name] for name in BREACHES)
