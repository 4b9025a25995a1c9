"""What is shipped for Kubernetes: the manifests hold, and a run becomes the job that was meant."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, cast

import dagster as dg
import kubernetes_validate
import pytest
import yaml
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.job import construct_dagster_k8s_job
from dagster_postgres.utils import pg_url_from_config
from kubernetes.client import ApiClient

from facets_pipeline_tests.deploy.chart_keys import KEYS
from facets_pipeline_tests.house.source_tree import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
VALUES: dict[str, Any] = yaml.safe_load((FOLDER / "values.yaml").read_text("utf-8"))
CELERY: dict[str, Any] = yaml.safe_load((FOLDER / "values-celery.yaml").read_text("utf-8"))

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: none
contexts: [{name: none, context: {cluster: none, user: none}}]
clusters: [{name: none, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: none, user: {}}]
"""


def manifests() -> list[dict[str, Any]]:
    """Return every object of the shipped manifests."""
    found: list[dict[str, Any]] = []
    for name in ("migrate.yaml", "search.yaml"):
        found += list(yaml.safe_load_all((FOLDER / name).read_text("utf-8")))
    return found


def pod_of(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["spec"]["template"]["spec"]


@pytest.mark.parametrize("manifest", manifests(), ids=lambda each: each["kind"])
def test_a_manifest_is_one_that_kubernetes_takes(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, "1.37", strict=True)


@pytest.mark.parametrize("kind", ["Job", "Deployment"])
def test_pods_have_no_rights_and_no_secret_in_the_clear(kind: str) -> None:
    [pod] = [pod_of(each) for each in manifests() if each["kind"] == kind]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["automountServiceAccountToken"] is False
    [container] = pod["containers"]
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"]
    assert not security["allowPrivilegeEscalation"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"]
    assert all("value" not in each for each in container["env"])


def test_the_search_is_the_role_that_reads_and_reaches_postgres_alone() -> None:
    [search] = [pod_of(each) for each in manifests() if each["kind"] == "Deployment"]
    [address] = search["containers"][0]["env"]
    assert address["valueFrom"]["secretKeyRef"]["name"] == "facets-reader"
    [policy] = [each["spec"] for each in manifests() if each["kind"] == "NetworkPolicy"]
    assert {port["port"] for rule in policy["egress"] for port in rule["ports"]} == {53, 5432}


def unknown_keys(values: dict[str, Any], place: str = "") -> Iterator[str]:
    """Yield the names in `values` that the chart does not know, with their place."""
    known = KEYS.get(place)
    if known is None:
        return
    for name, value in values.items():
        inner = f"{place}.{name}".lstrip(".")
        if name not in known:
            yield inner
        for each in cast("list[Any]", value) if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from unknown_keys(cast("dict[str, Any]", each), inner)


@pytest.mark.parametrize("values", [VALUES, CELERY], ids=["values", "celery"])
def test_the_chart_knows_every_value(values: dict[str, Any]) -> None:
    assert list(unknown_keys(values)) == []


def test_a_value_that_the_chart_does_not_know_is_noticed() -> None:
    assert list(unknown_keys({"runLauncher": {"types": "x"}})) == ["runLauncher.types"]


def test_dagster_reaches_postgres_by_the_driver_that_it_works_with() -> None:
    stated = VALUES["postgresql"]
    database = {
        "username": stated["postgresqlUsername"],
        "password": "x",
        "hostname": stated["postgresqlHost"],
        "db_name": stated["postgresqlDatabase"],
        "port": stated["service"]["port"],
        "params": stated["postgresqlParams"],
        "scheme": stated["postgresqlScheme"],
    }
    url = pg_url_from_config({"postgres_db": database})
    assert url.startswith("postgresql+psycopg2://facets_writer:x@postgres.example.internal:5432/")
    assert url.endswith("/facets?sslmode=require")


def stated_launcher() -> dict[str, Any]:
    return VALUES["runLauncher"]["config"]["k8sRunLauncher"]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[dg.DagsterInstance]:
    """An instance with the launcher that the chart writes down from our values."""
    stated = stated_launcher()
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    monkeypatch.setenv("FACETS_DATA_DIR", str(tmp_path))
    for name in ("FACETS_DATABASE_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    launcher = {
        "load_incluster_config": False,
        "kubeconfig_file": str(tmp_path / "kubeconfig"),
        "job_namespace": "facets",
        "service_account_name": "dagster",
        "dagster_home": "/opt/dagster/dagster_home",
        "instance_config_map": "dagster-instance",
        "postgres_password_secret": VALUES["global"]["postgresqlSecretName"],
        "image_pull_policy": stated["imagePullPolicy"],
        "labels": stated["labels"],
        "fail_pod_on_run_failure": stated["failPodOnRunFailure"],
        "run_k8s_config": {
            "container_config": stated["runK8sConfig"]["containerConfig"],
            "pod_spec_config": stated["runK8sConfig"]["podSpecConfig"],
            "pod_template_spec_metadata": stated["runK8sConfig"]["podTemplateSpecMetadata"],
            "job_spec_config": stated["runK8sConfig"]["jobSpecConfig"],
        },
    }
    written: dict[str, Any] = {
        "telemetry": VALUES["telemetry"],
        "storage": {
            "custom": {
                "module": "facets_pipeline.defs.instance_storage",
                "class": "InstanceStorage",
                "config": {},
            }
        },
        "run_launcher": {"module": "dagster_k8s", "class": "K8sRunLauncher", "config": launcher},
        **VALUES["additionalInstanceConfig"],
    }
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(written))
    with dg.DagsterInstance.from_config(str(tmp_path)) as opened:
        yield opened


def test_a_run_becomes_a_job_that_kubernetes_takes_with_size_and_grace(
    instance: dg.DagsterInstance,
) -> None:
    launcher = instance.run_launcher
    assert isinstance(launcher, K8sRunLauncher)
    assert instance.run_retries_enabled
    run = dg.DagsterRun("fill_ledger")
    context = K8sContainerContext.create_for_run(run, launcher, include_run_tags=False)
    job = construct_dagster_k8s_job(
        context.get_k8s_job_config("registry.example.com/facets:0.1.0", launcher),
        args=["dagster", "api", "execute_run"],
        job_name="dagster-run-x",
        user_defined_k8s_config=context.run_k8s_config,
        labels=stated_launcher()["labels"],
    )
    document = cast("dict[str, Any]", ApiClient().sanitize_for_serialization(job))
    kubernetes_validate.validate(document, "1.37", strict=True)
    assert document["spec"]["backoffLimit"] == 0
    pod = pod_of(document)
    assert pod["terminationGracePeriodSeconds"] == 180
    [container] = pod["containers"]
    assert container["resources"]["limits"]["memory"] == "2Gi"
    in_the_clear = {each["name"] for each in container["env"] if "value" in each}
    assert "DAGSTER_PG_PASSWORD" not in in_the_clear
