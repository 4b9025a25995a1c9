"""Faults by kill -9: of messages, of batches, and with all answer faults at once."""

from facets_pipeline_tests.chaos.figures import Line
from facets_pipeline_tests.chaos.kills import BATCH_AIMS, BATCHES, Kills
from facets_pipeline_tests.chaos.scene import Scene
from facets_pipeline_tests.chaos.stage import Stage
from facets_pipeline_tests.claude_server import Fault

MOST_KILLS = 40
"""Kills on one scene; then another one is set up."""

BATCH_ENVIRONMENT = {"FACETS_BATCH_LOOK_SECONDS": "0.2", "FACETS_BATCH_SETTLE_SECONDS": "2"}

ANSWERS = (
    *("truncated", "refused", "wrong_code", "swapped_codes", "missing_code", "extra_code"),
    *("malformed_json", "invalid_enum", "empty_answer", "upper_case"),
)
ON_THE_WAY = (
    *("rate_limited", "overloaded", "server_error", "drop_before_work", "drop_before_reply"),
    "drop_mid_body",
)


def messages(stage: Stage) -> Line:
    """Kill commands that ask by messages, at random instants."""
    line = stage.line("kill -9")
    left = stage.kills
    while left > 0 and stage.has_time():
        count = min(left, MOST_KILLS)
        with stage.scene() as scene:
            left -= _kill(line, Kills(scene, count, stage.draw))
            stage.finish(scene, line)
        stage.progress(line)
    return line


def batches(stage: Stage) -> Line:
    """Kill commands that ask by batches, at random instants."""
    line = stage.line("kill -9, batches")
    left = max(1, stage.kills // 8)
    while left > 0:
        count = min(left, MOST_KILLS)
        with stage.scene(batch_seconds=0.5) as scene:
            scene.environment.update(BATCH_ENVIRONMENT)
            kills = Kills(scene, count, stage.draw, arguments=BATCHES, aims=BATCH_AIMS, at_once=2)
            left -= _kill(line, kills)
            _end_batches(scene, line)
            stage.finish(scene, line)
    return line


def answers(stage: Stage) -> Line:
    """Let every fault of answers and of the way happen at once, and kill at the same time."""
    line = stage.line("all answer faults, kills")
    for _ in range(stage.rounds):
        with stage.scene() as scene:
            for kind in ANSWERS:
                scene.server.admin.plan(Fault(kind, probability=0.06))
            for kind in ON_THE_WAY:
                scene.server.admin.plan(Fault(kind, probability=0.03, seconds=0.1))
            _kill(line, Kills(scene, 4, stage.draw))
            scene.run("generate", "--yes")
            stage.finish(scene, line, only_killed=False, review_allowed=True)
        line.tried += len(ANSWERS) + len(ON_THE_WAY)
    return line


def _kill(line: Line, kills: Kills) -> int:
    """Play a round and add it to the line; return how many were killed."""
    kills.play()
    line.kills += kills.struck.total()
    line.tried += kills.struck.total()
    line.struck += kills.struck
    return kills.struck.total()


def _end_batches(scene: Scene, line: Line) -> None:
    """Let one command wait for the batches that the dead left."""
    code, said = scene.run(*BATCHES)
    if code != 0:
        line.broken += 1
        line.found.notes.append(f"The last generate by batches ended with {code}: {said}")
