"""One process of the fuzzer: tries one target for some time, within limits of memory and time.

    python -m facets_pipeline_tests.fuzz.one TARGET SECONDS SEED ACCOUNT

Guided by coverage where atheris is installed: then what reaches new lines of the project is kept
and changed further. Else by hypothesis alone. The account is written whatever happens.
"""

import faulthandler
import importlib.util
import resource
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from facets_pipeline_tests.fuzz.account import Account

MEMORY_BYTES = 6 * 1024**3
HANGS_AFTER = 120
"""Seconds that one input may take; then the process says where it stands, and ends."""

_AT_ONCE = 200
_PROFILE = settings(
    max_examples=_AT_ONCE,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=(
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.differing_executors,
    ),
)


def main(name: str, seconds: float, first_seed: int, path: Path) -> None:
    """Try the target called `name`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    account = Account(path)
    if importlib.util.find_spec("atheris"):
        atheris: Any = import_module("atheris")
        with atheris.instrument_imports(include=["facets_pipeline"]):
            every: Any = import_module("facets_pipeline_tests.fuzz.every")
        target = every.targets()[name]
        options = [f"-max_total_time={max(1, int(seconds))}", f"-seed={first_seed}"]
        # Slow inputs are counted in the account; what it would write of them goes beside that.
        options.append(f"-artifact_prefix={path.parent}/")
        _guided(atheris, _watched(account.trying(target.check)), target.inputs, options)
    else:
        every = import_module("facets_pipeline_tests.fuzz.every")
        target = every.targets()[name]
        _by_chance(_watched(account.trying(target.check)), target.inputs, seconds, first_seed)
    account.save()


def _watched(check: Callable[[Any], None]) -> Callable[[Any], None]:
    def watched(given_input: Any) -> None:  # noqa: ANN401 - whatever the target takes
        faulthandler.dump_traceback_later(HANGS_AFTER, exit=True)
        check(given_input)
        faulthandler.cancel_dump_traceback_later()

    return watched


def _by_chance(
    check: Callable[[Any], None], inputs: SearchStrategy[Any], seconds: float, first_seed: int
) -> None:
    end = monotonic() + seconds
    number = first_seed
    while monotonic() < end:
        seed(number)(_PROFILE(given(inputs)(_until(end, check))))()
        number += 1


def _until(end: float, check: Callable[[Any], None]) -> Callable[[Any], None]:
    def checked(given_input: Any) -> None:  # noqa: ANN401 - whatever the target takes
        if monotonic() < end:
            check(given_input)

    return checked


def _guided(
    atheris: Any,  # noqa: ANN401 - not installed where the project is checked
    check: Callable[[Any], None],
    inputs: SearchStrategy[Any],
    options: Sequence[str],
) -> None:
    from_bytes: Any = _PROFILE(given(inputs)(check))
    try_bytes = from_bytes.hypothesis.fuzz_one_input
    # Longer inputs from the first: a strategy that runs out of bytes makes nothing at all.
    usual = ("-max_len=4096", "-len_control=0", "-verbosity=0", "-rss_limit_mb=0")
    limit = f"-timeout={2 * HANGS_AFTER}"
    atheris.Setup([sys.argv[0], *options, *usual, limit], try_bytes)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
