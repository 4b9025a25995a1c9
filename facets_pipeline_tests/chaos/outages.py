"""Faults of those who are asked: the API is away or turns everybody away, the database restarts."""

import os
import subprocess
import time
from pathlib import Path
from typing import Final

from facets_pipeline_tests.chaos import worlds
from facets_pipeline_tests.chaos.crews import CODES, a_crew
from facets_pipeline_tests.chaos.figures import Line
from facets_pipeline_tests.chaos.scene import MOST_CODES
from facets_pipeline_tests.chaos.stage import Stage
from facets_pipeline_tests.claude_server import Fault
from facets_pipeline_tests.daemon.drug_codes import drug_answers
from facets_pipeline_tests.postgres_server import PostgresServer

TIMES_SHORTER: Final = 40.0
"""Pauses are so many times shorter, so that a run lives through minutes within seconds."""

IN_A_HURRY: Final = {worlds.HURRY: str(TIMES_SHORTER)}

OUTAGE_SECONDS: Final = (2.0, 12.0)
"""Of an outage; as many times longer in a world without hurry: from 80 s to 8 min."""

OUTAGES: Final = 3
RESTARTS: Final = 3


def api(stage: Stage) -> Line:
    """Kill the API's server under load and start it again after a while."""
    line = stage.line("API outage")
    for _ in range(stage.rounds):
        with stage.scene(CODES) as scene:
            for _ in range(OUTAGES):
                crew = a_crew(scene, 2, world=IN_A_HURRY)
                crew.wait_for_answers(6)
                scene.server.kill()
                time.sleep(stage.draw.uniform(*OUTAGE_SECONDS))
                scene.server.restart()
                scene.server.admin.answer_with(drug_answers(MOST_CODES))
                crew.end(line)
                line.tried += 1
            stage.finish(scene, line, only_killed=False)
    return line


def storm(stage: Stage) -> Line:
    """Turn away most calls, with and without a time to wait, while the limits go up and down."""
    line = stage.line("rate-limit storm")
    for _ in range(stage.rounds):
        with stage.scene(CODES, rpm=1_200) as scene:
            admin = scene.server.admin
            for kind, share in (("rate_limited", 0.4), ("overloaded", 0.2), ("server_error", 0.1)):
                admin.plan(Fault(kind, probability=share, seconds=0.3))
            crew = a_crew(scene, world=IN_A_HURRY)
            for _ in range(4):
                crew.wait_for_answers(4)
                admin.change_limits(rpm=stage.draw.choice([60, 240, 1_200]))
            admin.clear_faults()
            admin.change_limits(rpm=1_200)
            crew.end(line)
            line.tried += int(admin.account()["rate_limited"])
            stage.finish(scene, line, only_killed=False)
    return line


def database(stage: Stage) -> Line:
    """Restart the Postgres server under load, as a crash does: every connection is cut."""
    line = stage.line("database restart")
    assert stage.postgres is not None
    for _ in range(stage.rounds):
        with stage.scene(CODES) as scene:
            for _ in range(RESTARTS):
                crew = a_crew(scene)
                crew.wait_for_answers(stage.draw.randint(2, 8))
                restart(stage.postgres)
                line.tried += 1
                crew.end(line)
            stage.finish(scene, line, only_killed=False)
    return line


def restart(server: PostgresServer) -> None:
    """Restart a Postgres as a crash does, with the options that it was started with."""
    data = server.folder / "data"
    program = Path((data / "postmaster.opts").read_text().split()[0]).with_name("pg_ctl")
    command = [program, "-D", data, "-l", server.folder / "log", "-m", "immediate", "-w", "restart"]
    # Postgres refuses to run as root: as whoever started it.
    owner = data.stat() if os.geteuid() == 0 else None
    subprocess.run(
        command,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd="/",
        user=owner.st_uid if owner else None,
        group=owner.st_gid if owner else None,
        extra_groups=[] if owner else None,
    )
