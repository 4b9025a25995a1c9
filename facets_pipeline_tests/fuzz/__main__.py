"""The fuzzer: `python -m facets_pipeline_tests.fuzz --minutes 10`, or `make fuzz`.

Tries every target in a process of its own, for its share of the time, and prints what was tried and
found. Ends with 1 if anything failed; the first input of every failure is printed with it.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow

from facets_pipeline_tests.fuzz.account import Account
from facets_pipeline_tests.fuzz.every import targets

ROOT = Path(__file__).resolve().parents[2]
GUIDED = ROOT / ".venv" / "fuzz" / "bin" / "python"
"""The Python that has atheris, where `make fuzz` could make it."""

SHOWN = 2_000
"""Characters of a failure that are printed."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What one process tried: its account, and how it died if it did."""

    name: str
    account: Account
    death: str


def main(words: Sequence[str]) -> int:
    """Run the fuzzer; return the exit code."""
    known = targets()
    options = _options(words, list(known))
    names: list[str] = options.only or list(known)
    seconds = options.minutes * 60 / len(names)
    first_seed = options.seed if options.seed is not None else randbelow(2**31)
    python = str(GUIDED) if GUIDED.exists() and not options.unguided else sys.executable
    how = "guided by coverage (atheris)" if python == str(GUIDED) else "by hypothesis alone"
    print(f"{len(names)} targets, {seconds:.0f} s each, {how}, seed {first_seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        tried = [_try(python, name, seconds, first_seed, Path(folder)) for name in names]
        failed = sum(_report(each) for each in tried)
    examples = sum(each.account.examples for each in tried)
    print(f"{examples:,} inputs tried, {failed} different failures")
    return 1 if failed else 0


def _options(words: Sequence[str], names: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fuzz", description="Spoilt input for every target.")
    parser.add_argument("--minutes", type=float, default=10.0, help="of all targets together")
    parser.add_argument("--only", action="append", choices=names, help="may be repeated")
    parser.add_argument("--seed", type=int, help="the seed of an earlier run, to repeat it")
    parser.add_argument("--unguided", action="store_true", help="without atheris")
    return parser.parse_args(words)


def _try(python: str, name: str, seconds: float, first_seed: int, folder: Path) -> Tried:
    path = folder / f"{name}.json"
    command = [python, "-m", "facets_pipeline_tests.fuzz.one", name, str(seconds)]
    done = subprocess.run(
        [*command, str(first_seed), str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    account = Account.read(path)
    print(
        f"{name:16} {account.examples:9,} inputs, slowest {account.slowest:5.1f} s, "
        f"{len(account.failures)} failures",
        flush=True,
    )
    death = ""
    if done.returncode != 0:
        last = account.last_input
        tried = last.read_text("utf-8") if last.exists() else "nothing yet"
        death = f"code {done.returncode}, {done.stderr.strip()[-1_500:]}\nwhile trying {tried}"
    return Tried(name, account, death)


def _report(tried: Tried) -> int:
    for name, told in tried.account.failures.items():
        print(f"\n{tried.name}: {name}: {told[:SHOWN]}")
    if tried.death:
        print(f"\n{tried.name}: the process ended with {tried.death[:SHOWN]}")
    return len(tried.account.failures) + bool(tried.death)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
