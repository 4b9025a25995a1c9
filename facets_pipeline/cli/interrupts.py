"""Ctrl-C while a run of the graph works: never lost, and always the same exception.

Dagster holds a signal back while it keeps its books, raises an exception of its own for it inside a
step, and forgets it where a run ends meanwhile: the next run would then start as if nothing had
been pressed.
"""

import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import dagster as dg


@contextmanager
def interrupts_kept() -> Generator[None]:
    """Raise KeyboardInterrupt at the end of the block for every Ctrl-C that came within it.

    Use it in the main thread only.
    """
    # Python writes the number of every signal into this socket, whoever handles the signal.
    seen, written = socket.socketpair()
    with seen, written:
        seen.settimeout(0)
        written.settimeout(0)
        before = signal.set_wakeup_fd(written.fileno(), warn_on_full_buffer=False)
        # The usual handler raises wherever the program happens to be, a finaliser too.
        usual = signal.signal(signal.SIGINT, _only_note)
        try:
            yield
        except dg.DagsterExecutionInterruptedError as error:
            raise KeyboardInterrupt from error
        except Exception as error:
            # A library that is interrupted may fail as it cleans up: that is not what went wrong.
            if not isinstance(error, dg.Failure) and _interrupted(seen):
                raise KeyboardInterrupt from error
            raise
        finally:
            signal.signal(signal.SIGINT, usual)
            signal.set_wakeup_fd(before)
        if _interrupted(seen):
            raise KeyboardInterrupt


def _only_note(_signal: int, _frame: FrameType | None) -> None:
    """Leave it to the socket."""


def _interrupted(seen: socket.socket) -> bool:
    try:
        signals = seen.recv(4096)
    except BlockingIOError:
        return False
    return signal.SIGINT in signals or signal.SIGTERM in signals
