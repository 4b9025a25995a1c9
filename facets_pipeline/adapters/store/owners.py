"""Who holds a call: a process of a host, told apart from later ones with the same number."""

import os
import socket
import uuid
from pathlib import Path

_retired: set[str] = set()
"""Owners of this process that hold nothing any more, though the process lives on."""


def retire(owner: str) -> None:
    """Let an owner of this process be as dead: none of its calls is in flight any more."""
    _retired.add(owner)


def this_owner() -> str:
    """Return a name for this process: host, process number, start time, and a token."""
    return ":".join((socket.gethostname(), str(os.getpid()), process_start(os.getpid()), _token()))


def is_dead(owner: str) -> bool:
    """Tell whether `owner` is retired, or was a process of this host that no longer lives.

    False if unsure.
    """
    if owner in _retired:
        return True
    host, pid, started, _token_of_owner = owner.split(":")
    return host == socket.gethostname() and process_start(int(pid)) != started


def process_start(pid: int) -> str:
    """Return when a process started, in clock ticks since boot; "" if it does not live.

    Where the system does not say when, "alive" stands for it.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return _alive(pid)
    # The name, in parentheses, may hold blanks: state and start time are the 1st and 20th behind.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def _alive(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"
    return "alive"


def _token() -> str:
    return uuid.uuid4().hex[:8]
