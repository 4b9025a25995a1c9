"""Make `.venv` from requirements.lock, once: what every target of the Makefile needs first.

Only the standard library belongs here: it runs before anything is installed. A stamp in `.venv`
holds what it was made from, so that a second call ends at once and a changed lock file, project
file or folder is noticed. Calls at the same time wait for one another.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parents[1]
LOCK_FILE = ROOT / "requirements.lock"
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
STAMP = ENVIRONMENT / ".set-up"
UNFINISHED = ENVIRONMENT / ".set-up-unfinished"


def wanted_stamp() -> str:
    """Return what the environment is made from: its folder, and a digest of the two files."""
    content = LOCK_FILE.read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    return f"{ROOT}\n{hashlib.sha256(content).hexdigest()}\n"


def run(command: list[str | Path], held: BinaryIO) -> None:
    """Run `command` in the project's folder; it keeps `held` locked even if this process dies.

    Raises:
        SystemExit: The command failed; its own output stands above the sentence.
    """
    # A user-wide `pip install --user` setting would make pip refuse an environment.
    environment = {**os.environ, "PIP_USER": "0"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, pass_fds=(held.fileno(),), check=False
    )
    if done.returncode != 0:
        shown = " ".join(str(part) for part in command)
        sys.exit(f"Set-up stopped at `{shown}`: mend what it says above and run make again.")


def works(python: Path) -> bool:
    """Tell whether `python` starts: after an upgrade of its base it may be a dead link."""
    return python.exists() and subprocess.run([python, "-c", ""], check=False).returncode == 0


def create(held: BinaryIO) -> None:
    """Create the environment, anew where it is broken or was made in another folder."""
    moved = STAMP.exists() and STAMP.read_text().splitlines()[:1] != [str(ROOT)]
    # pip takes a package whose installation was killed half-way for a whole one.
    if works(PYTHON) and not moved and not UNFINISHED.exists():
        return
    # Debian leaves ensurepip out of its Python: then this Python's own pip does the work.
    without_pip = [] if find_spec("ensurepip") else ["--without-pip"]
    run([sys.executable, "-m", "venv", "--clear", *without_pip, ENVIRONMENT], held)


def install(held: BinaryIO) -> None:
    """Install the locked packages, each by its hash, and the project itself, without a download."""
    if (ENVIRONMENT / "bin" / "pip").exists():
        pip: list[str | Path] = [PYTHON, "-m", "pip"]
    else:
        pip = [sys.executable, "-m", "pip", "--python", PYTHON]
    install = [*pip, "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    run([*install, "--require-hashes", "-r", LOCK_FILE.name], held)
    run([*install, "--no-deps", "--no-index", "--no-build-isolation", "-e", "."], held)


def main() -> None:
    """Bring the environment up to date under a lock that ends with its holder."""
    with LOCK_FILE.open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("Another make is setting up .venv: waiting for it.\n")
            fcntl.flock(held, fcntl.LOCK_EX)
        stamp = wanted_stamp()
        if STAMP.exists() and STAMP.read_text() == stamp and works(PYTHON):
            return
        version = ".".join(str(part) for part in sys.version_info[:3])
        sys.stderr.write(f"Setting up .venv with Python {version}: two or three minutes, once.\n")
        create(held)
        UNFINISHED.touch()
        install(held)
        fresh = STAMP.with_name(f"{STAMP.name}.{os.getpid()}")
        fresh.write_text(stamp)
        fresh.replace(STAMP)
        UNFINISHED.unlink()


if __name__ == "__main__":
    main()
