"""What a person does and sees on Dagster's web page, by the GraphQL calls of its buttons."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from facets_pipeline_tests.daemon import queries

LOCATION = "facets_pipeline.definitions"
REPOSITORY = "__repository__"

FINISHED_RUNS = frozenset({"SUCCESS", "FAILURE", "CANCELED"})
FINISHED_BACKFILLS = frozenset(
    {"COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"}
)


class DagsterPage:
    """The API behind a running web page."""

    @property
    def url(self) -> str:
        """The address of the page."""
        raise NotImplementedError

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:  # noqa: ANN401 - GraphQL values
        """Ask the page's GraphQL API and return the data.

        Raises:
            AssertionError: The answer holds an error.
        """
        response = httpx2.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=30
        )
        document = response.json()
        assert not document.get("errors"), document["errors"]
        return document["data"]

    def launch(
        self,
        job: str,
        *,
        config: Mapping[str, Any] | None = None,
        partition: str | None = None,
    ) -> str:
        """Launch a run as the page's button does; return its id."""
        tags = [{"key": "dagster/partition", "value": partition}] if partition else []
        found = self.ask(
            queries.LAUNCH_RUN,
            params={
                "selector": {
                    "repositoryLocationName": LOCATION,
                    "repositoryName": REPOSITORY,
                    "jobName": job,
                },
                "runConfigData": dict(config or {}),
                "executionMetadata": {"tags": tags},
            },
        )["launchRun"]
        assert found["__typename"] == "LaunchRunSuccess", found
        return str(found["run"]["runId"])

    def backfill(self, asset: str, partitions: Sequence[str]) -> str:
        """Launch a backfill of partitions of one asset as the page does; return its id."""
        found = self.ask(
            queries.LAUNCH_BACKFILL,
            params={"assetSelection": [{"path": [asset]}], "partitionNames": list(partitions)},
        )["launchPartitionBackfill"]
        assert found["__typename"] == "LaunchBackfillSuccess", found
        return str(found["backfillId"])

    def backfill_status(self, backfill_id: str) -> str:
        """Return the status of a backfill, as `REQUESTED` or `COMPLETED_SUCCESS`."""
        return str(self.ask(queries.BACKFILL, id=backfill_id)["partitionBackfillOrError"]["status"])

    def runs(self, **filters: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - GraphQL values
        """Return runs, newest first: runId, status, jobName, startTime, endTime, tags as a dict."""
        found = self.ask(queries.RUNS, filter=filters, limit=1000)["runsOrError"]["results"]
        return [{**run, "tags": {tag["key"]: tag["value"] for tag in run["tags"]}} for run in found]

    def partitions(self, asset: str) -> dict[str, int]:
        """Return how many partitions of an asset are materialized, failed, materializing, in all.

        Keys: `numMaterialized`, `numFailed`, `numMaterializing`, `numPartitions`.
        """
        found = self.ask(queries.PARTITIONS, key={"path": [asset]})["assetNodeOrError"]
        return dict(found["partitionStats"])

    def metadata(self, asset: str, partition: str | None = None) -> list[dict[str, Any]]:
        """Return the metadata of the materialisations of an asset, newest first, label to value."""
        found = self.ask(
            queries.MATERIALIZATIONS,
            key={"path": [asset]},
            partitions=[partition] if partition else None,
        )["assetOrError"]["assetMaterializations"]
        return [
            {entry["label"]: _plain(entry) for entry in event["metadataEntries"]} for event in found
        ]

    def start_schedule(self, name: str) -> None:
        """Turn a schedule on."""
        chosen = selector("scheduleName", name)
        found = self.ask(queries.START_SCHEDULE, selector=chosen)["startSchedule"]
        assert found["__typename"] == "ScheduleStateResult", found

    def start_sensor(self, name: str) -> None:
        """Turn a sensor on."""
        chosen = selector("sensorName", name)
        found = self.ask(queries.START_SENSOR, selector=chosen)["startSensor"]
        assert found["__typename"] == "Sensor", found


def selector(key: str, name: str) -> dict[str, str]:
    """Return what names a schedule ("scheduleName") or a sensor ("sensorName")."""
    return {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY, key: name}


def _plain(entry: Mapping[str, Any]) -> Any:  # noqa: ANN401 - of any kind
    for name in ("intValue", "floatValue", "text", "mdStr", "jsonString", "path", "url"):
        if entry.get(name) is not None:
            return entry[name]
    return None
