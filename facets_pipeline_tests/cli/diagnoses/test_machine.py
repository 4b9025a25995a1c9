"""Room on the disk, and file systems that SQLite must not be on."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from facets_pipeline.cli.diagnoses import machine
from facets_pipeline_tests.cli.commands import Here
from facets_pipeline_tests.cli.diagnoses.looking import is_fault, looked

MOUNTS = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /mnt rw - ext4 /dev/vdb rw
31 30 0:41 / /mnt/team\040files rw - nfs4 files:/export rw
32 22 0:42 / /mnt/share rw - cifs //host/share rw
33 32 0:43 / /mnt/share rw - tmpfs tmpfs rw
"""


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(("free", "state"), [(10**8, "fault"), (5 * 10**8, "note"), (10**11, "ok")])
def test_a_disk_that_is_nearly_full_is_told(here: Here, free: int, state: str) -> None:
    def usage(path: object) -> _Usage:
        del path
        return _Usage(10**12, 10**12 - free, free)

    here.monkeypatch.setattr(shutil, "disk_usage", usage)
    found = looked(machine.disk)["disk"]
    assert found.state == state
    assert (found.remedy == "") is (state == "ok")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/facets.db", "ext4"),
        ("/mnt/team files/x/facets.db", "nfs4"),
        ("/mnt/team file", "ext4"),
        ("/mnt/share/facets.db", "tmpfs"),
    ],
)
def test_the_file_system_of_a_path_is_the_nearest_mount_and_the_last(path: str, kind: str) -> None:
    assert machine.file_system_of(Path(path), MOUNTS) == kind


def test_sqlite_on_a_network_file_system_is_a_fault(here: Here) -> None:
    mounts = here.path / "mountinfo"
    mounts.write_text(f"31 30 0:41 / {here.path} rw - nfs4 files:/export rw\n")
    here.monkeypatch.setattr(machine, "MOUNTS", mounts)
    assert is_fault(looked(machine.file_system)["file system"], "nfs4", "facets store copy")
    here.monkeypatch.setenv("FACETS_DATABASE_URL", "postgresql://me@db.example/facets")
    assert looked(machine.file_system) == {}
