"""Several commands at once, killed commands, interrupted commands: nothing is lost or doubled."""

import os
import signal
import subprocess
from pathlib import Path
from types import FrameType

import dagster as dg
import pytest

from facets_pipeline.cli.interrupts import interrupts_kept
from facets_pipeline.sample import sample_file
from facets_pipeline_tests.cli.commands import PATIENCE, Folder


@pytest.mark.cli
def test_four_processes_start_on_an_empty_folder_and_share_the_work(folder: Folder) -> None:
    source = str(sample_file("HCPCS"))
    for arguments in (("load", source, "--code-system", "HCPCS"), ("generate", "--test", "50")):
        started = [folder.start(*arguments) for _ in range(4)]
        ended = [(*each.communicate(timeout=PATIENCE), each.returncode) for each in started]
        assert [code for _, _, code in ended] == [0] * 4, ended
    found = folder.json("status")
    assert [system["valid"] for system in found["systems"]] == [200]
    assert sum(cost["codes"] for cost in found["costs"]) == 200


@pytest.mark.cli
def test_after_ctrl_c_and_after_a_kill_generate_is_carried_on(
    worked: Folder, tmp_path: Path
) -> None:
    folder = worked.copy(tmp_path / "copy")
    process = _at_work(folder, "generate", "--force")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert said.endswith("facets: Stopped; run the same command again to carry on.\n")
    assert "Traceback" not in said
    process = _at_work(folder, "generate", "--force")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    document = folder.json("generate")
    assert [(each["valid"], each["pending"]) for each in document["systems"]] == [(4, 0)]
    with folder.instance() as instance:
        found = {run.status for run in instance.get_runs()}
    assert found == {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}


def test_ctrl_c_while_dagster_holds_signals_back_is_not_lost() -> None:
    before = signal.getsignal(signal.SIGINT)

    @dg.op
    def press() -> None:
        # As at the end of a run, where nobody looks any more whether a signal came.
        signal.signal(signal.SIGINT, _heard_by_nobody)
        os.kill(os.getpid(), signal.SIGINT)

    @dg.job
    def pressing() -> None:
        press()

    with pytest.raises(KeyboardInterrupt), interrupts_kept():
        assert pressing.execute_in_process().success
    assert signal.getsignal(signal.SIGINT) is before


def test_an_error_after_ctrl_c_is_the_interrupt_and_one_without_it_is_itself() -> None:
    def cut_off(*, pressed: bool) -> None:
        with interrupts_kept():
            if pressed:
                os.kill(os.getpid(), signal.SIGINT)
            raise RuntimeError("the connection is in use")

    with pytest.raises(KeyboardInterrupt):
        cut_off(pressed=True)
    with pytest.raises(RuntimeError, match="the connection is in use"):
        cut_off(pressed=False)


def _heard_by_nobody(_signal: int, _frame: FrameType | None) -> None:
    """Swallow a signal."""


def _at_work(folder: Folder, *arguments: str) -> subprocess.Popen[str]:
    """Start a command and return it once its run over all chunks has begun."""
    wanted = dg.RunsFilter(job_name="fill_ledger")
    with folder.instance() as instance:
        before = instance.get_runs_count(wanted)
        process = folder.start(*arguments)
        while instance.get_runs_count(wanted) == before:
            assert process.poll() is None, process.communicate()
    return process
