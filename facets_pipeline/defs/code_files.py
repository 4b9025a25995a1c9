"""The sensor `code_files`: a new or changed code file is loaded, once.

Off until a person turns it on: a release that is loaded makes codes pending, which others may ask.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import dagster as dg

from facets_pipeline.adapters.loading import SQL_PREFIX, source_location
from facets_pipeline.adapters.sources.watching import Sighting, look_at
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.dead_runs import NO_RETRY_TAG
from facets_pipeline.defs.resources import StoreResource
from facets_pipeline.domain.code_systems import CODE_SYSTEMS, code_system
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.settings import Settings

LOOK_SECONDS = 60
"""How often the sensor looks; a file must not change from one look to the next to be at rest."""


@dataclass(frozen=True, slots=True)
class _Watched:
    """What is remembered of one code system between two looks.

    Attributes:
        seen: The file as it was; None before the first look.
        handled: Digest of the content that was loaded, or tried, last.
        loads: How many loads were launched: the same content may come again after another one.
    """

    seen: Sighting | None = None
    handled: str = ""
    loads: int = 0


@dataclass(slots=True)
class _Look:
    """What one look comes to."""

    watched: dict[str, _Watched] = field(default_factory=dict[str, _Watched])
    requests: list[dg.RunRequest] = field(default_factory=list[dg.RunRequest])
    notes: list[str] = field(default_factory=list[str])


@dg.sensor(
    job_name="materialize_raw_codes",
    minimum_interval_seconds=LOOK_SECONDS,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Loads a new or changed code file: the configured one, else the one that was "
    "loaded last; of a folder, its newest release. Each content once: one that cannot be loaded is "
    "tried again when it changes. A file that is being written is left alone until it is at rest.",
)
def code_files(context: dg.SensorEvaluationContext, store: StoreResource) -> dg.SensorResult:
    """Look at the file of each code system."""
    before = _from_cursor(context.cursor)
    look = _Look()
    with store.open() as opened:
        for name in CODE_SYSTEMS:
            look.watched[name] = _look(opened, name, before.get(name, _Watched()), look)
    return dg.SensorResult(
        run_requests=look.requests,
        skip_reason=None if look.requests else dg.SkipReason(" ".join(look.notes)),
        cursor=json.dumps({name: asdict(one) for name, one in look.watched.items()}),
    )


def _look(store: Store, name: str, before: _Watched, look: _Look) -> _Watched:
    try:
        location = source_location(store, code_system(name), "", Settings.load().source_of(name))
        if location.startswith(SQL_PREFIX):
            look.notes.append(f"{name}: {location} is a table, which is not watched.")
            return before
        now = look_at(location, before.seen)
    except SourceError as error:
        look.notes.append(f"{name}: {error}")
        return before
    if not now.digest:
        look.notes.append(f"{name}: {now.path} is new or has changed; it is loaded when at rest.")
        return _Watched(now, before.handled, before.loads)
    newest = store.releases.newest(name)
    if now.digest in (before.handled, newest and newest["digest"]):
        look.notes.append(f"{name}: {now.path} has not changed.")
        return _Watched(now, now.digest, before.loads)
    loads = before.loads + 1
    look.requests.append(
        dg.RunRequest(
            run_key=f"{name}-{loads}-{now.digest}",
            partition_key=name,
            tags=dict(NO_RETRY_TAG),
        )
    )
    return _Watched(now, now.digest, loads)


def _from_cursor(cursor: str | None) -> dict[str, _Watched]:
    stored: Mapping[str, dict[str, Any]] = json.loads(cursor) if cursor else {}
    return {
        name: _Watched(
            Sighting(**one["seen"]) if one["seen"] else None, one["handled"], one["loads"]
        )
        for name, one in stored.items()
    }
