"""Names of values that Dagster's Helm chart knows, as far as our values use them or come near.

Read from the chart's own schema in Dagster's repository; the chart itself cannot be fetched by
tests. Its parts forbid unknown names, or ignore them silently, so that a slip would do nothing.
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


POD = _names(
    "image nodeSelector affinity tolerations podSecurityContext securityContext resources volumes "
    "volumeMounts env envConfigMaps envSecrets annotations labels livenessProbe readinessProbe "
    "startupProbe schedulerName"
)

KEYS: dict[str, frozenset[str]] = {
    "": _names(
        "global dagsterWebserver dagster-user-deployments postgresql "
        "generatePostgresqlPasswordSecret generateCeleryConfigSecret rabbitmq redis flower "
        "ingress imagePullSecrets computeLogManager scheduler runLauncher pythonLogs "
        "dagsterDaemon busybox migrate telemetry serviceAccount retention "
        "additionalInstanceConfig"
    ),
    "global": _names(
        "postgresqlSecretName dagsterHome serviceAccountName celeryConfigSecretName "
        "dagsterInstanceConfigMap"
    ),
    "postgresql": _names(
        "image enabled postgresqlHost postgresqlUsername postgresqlPassword postgresqlDatabase "
        "postgresqlParams postgresqlScheme service"
    ),
    "dagster-user-deployments": frozenset(
        {"enabled", "enableSubchart", "imagePullSecrets", "deployments"}
    ),
    "dagster-user-deployments.deployments": POD
    | {"name", "dagsterApiGrpcArgs", "codeServerArgs", "includeConfigInLaunchedRuns", "port"},
    "dagsterWebserver": POD
    | _names(
        "replicaCount nameOverride pathPrefix service workspace deploymentLabels enableReadOnly "
        "dbStatementTimeout dbPoolRecycle logLevel"
    ),
    "dagsterWebserver.service": frozenset({"type", "port", "annotations"}),
    "dagsterDaemon": POD
    | _names(
        "enabled runCoordinator heartbeatTolerance deploymentLabels runMonitoring runRetries "
        "sensors schedules"
    ),
    "dagsterDaemon.runCoordinator": frozenset({"enabled", "type", "config"}),
    "dagsterDaemon.runCoordinator.config": frozenset(
        {"queuedRunCoordinator", "customRunCoordinator"}
    ),
    "dagsterDaemon.runCoordinator.config.queuedRunCoordinator": _names(
        "maxConcurrentRuns tagConcurrencyLimits dequeueIntervalSeconds dequeueNumWorkers "
        "dequeueUseThreads"
    ),
    "dagsterDaemon.runMonitoring": _names(
        "enabled startTimeoutSeconds cancelTimeoutSeconds maxResumeRunAttempts pollIntervalSeconds "
        "freeSlotsAfterRunEndSeconds"
    ),
    "dagsterDaemon.runRetries": frozenset({"enabled", "maxRetries"}),
    "runLauncher": frozenset({"type", "config"}),
    "runLauncher.config": frozenset(
        {"celeryK8sRunLauncher", "k8sRunLauncher", "customRunLauncher"}
    ),
    "runLauncher.config.k8sRunLauncher": _names(
        "image imagePullPolicy jobNamespace loadInclusterConfig kubeconfigFile envConfigMaps "
        "envSecrets envVars volumeMounts volumes labels failPodOnRunFailure resources "
        "schedulerName securityContext runK8sConfig"
    ),
    "runLauncher.config.k8sRunLauncher.runK8sConfig": _names(
        "containerConfig podSpecConfig podTemplateSpecMetadata jobSpecConfig jobMetadata"
    ),
    "runLauncher.config.celeryK8sRunLauncher": (POD - {"readinessProbe", "startupProbe"})
    | _names(
        "imagePullPolicy nameOverride configSource workerQueues failPodOnRunFailure jobNamespace"
    ),
    "computeLogManager": frozenset({"type", "config"}),
}
