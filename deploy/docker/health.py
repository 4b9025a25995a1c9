"""Whether this container is at work: exit code 0 if so, 1 with a sentence if not.

`FACETS_ROLE`, or the one argument, says what it does: code, daemon, webserver or search. Only the
standard library and the container's own commands belong here: it runs every half a minute.
"""
# ruff: noqa: INP001 - a script, not a package

import os
import subprocess
import sys
import urllib.request

PAGES = {
    "webserver": "http://127.0.0.1:3000/server_info",
    "search": "http://127.0.0.1:8000/health",
}
COMMANDS = {
    "code": ("dagster", "api", "grpc-health-check", "--port", "4000"),
    # What the daemon last told the database; no older than the default of half an hour.
    "daemon": ("dagster-daemon", "liveness-check"),
}
SECONDS = 15


def failing_page(address: str) -> str:
    """Return what is wrong with the page at `address`, empty if nothing is."""
    try:
        with urllib.request.urlopen(address, timeout=SECONDS):  # noqa: S310 - one of PAGES
            return ""
    except OSError as error:
        return f"{address} does not answer well ({error})"


def failing_command(command: tuple[str, ...]) -> str:
    """Return what `command` says if it fails, empty if it does not."""
    try:
        done = subprocess.run(  # noqa: S603 - one of COMMANDS
            command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]} does not end well ({error})"
    told = (done.stderr or done.stdout).strip()[-500:]
    return "" if done.returncode == 0 else f"{command[0]} failed: {told or done.returncode}"


def main() -> None:
    """Check the role that is given."""
    role = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FACETS_ROLE", "")
    if role in PAGES:
        trouble = failing_page(os.environ.get("FACETS_HEALTH_URL") or PAGES[role])
    elif role in COMMANDS:
        trouble = failing_command(COMMANDS[role])
    else:
        known = ", ".join(sorted({*PAGES, *COMMANDS}))
        trouble = f"FACETS_ROLE is {role!r}: set it to one of {known}"
    if trouble:
        sys.exit(f"{trouble}.")


if __name__ == "__main__":
    main()
