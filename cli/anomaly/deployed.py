"""The scorer of a deployed environment: its configuration, its state, its metrics, read with the user's credentials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alertrelay.anomaly.scorer.discovery import NAME, Catalogue, kept_catalogue
from alertrelay.anomaly.scorer.ports import Metrics, Notebook, Shelf, ShelfFailure
from alertrelay.anomaly.scorer.run import shard_names
from alertrelay.anomaly.scorer.shard_state import Book, BookUnreadable, of_bytes
from alertrelay.aws.scorer.metrics import CloudWatchMetrics
from alertrelay.aws.scorer.notes import DynamoNotebook
from alertrelay.aws.scorer.objects import S3Shelf
from alertrelay.aws.scorer.prometheus import SourcesOfMetrics
from alertrelay.aws.state.store import DynamoStore
from alertrelay.config.watch import AnomalyConfig
from alertrelay.ports import Clock
from alertrelay.state import Store

from cli import cloud
from compiler.config_files import ANOMALY
from compiler.load import load


class NoScorer(Exception):
    """There is none to ask. The text says why, and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedScorer:
    """`store` is the forwarders' part of the state table: the alerts that were notified."""

    environment: str
    config: AnomalyConfig
    metrics: Metrics
    shelf: Shelf
    notebook: Notebook
    store: Store

    def books(self) -> Sequence[Book]:
        """Returns what the scorer has kept of its metrics; what cannot be read is left out. Raises NoScorer."""
        found = []
        for name in shard_names(self.config):
            try:
                kept = self.shelf.get(name)
                if kept:
                    found.append(of_bytes(kept.content)[0])
            except ShelfFailure as failure:
                raise NoScorer(f"its state cannot be read: {failure}") from None
            except BookUnreadable:
                continue  # the next run learns it anew
        return found

    def catalogue(self) -> Catalogue | None:
        """Returns the metrics that it found, None before its first run. Raises NoScorer."""
        try:
            return kept_catalogue(self.shelf.get(NAME), self.config)
        except ShelfFailure as failure:
            raise NoScorer(f"its state cannot be read: {failure}") from None


def scorer_of(folder: Path, environment: str, clock: Clock, *, client: cloud.Client | None = None) -> DeployedScorer:
    """Find the scorer of an environment of the configuration in `folder`. Raises NoScorer, CloudUnreadable."""
    loaded = load(folder, environment)
    if loaded.environment is None:
        raise NoScorer("; ".join(str(finding) for finding in loaded.errors))
    if loaded.anomaly is None:
        raise NoScorer(f"{folder / ANOMALY} has no entry for {environment}: it is not deployed there")
    client = client or cloud.clients(loaded.environment.region)
    deployed = cloud.stack_of(environment, client)
    if deployed is None:
        raise NoScorer(f"there is no stack alertrelay-{environment} here: deploy it")
    return scorer_with(loaded.anomaly, deployed, client, clock)


def scorer_with(
    config: AnomalyConfig, deployed: cloud.DeployedStack, client: cloud.Client, clock: Clock
) -> DeployedScorer:
    """The scorer of a stack that was found. Raises NoScorer."""
    bucket = deployed.outputs.get("AnomalyBucketName")
    if bucket is None:
        raise NoScorer(f"the stack {deployed.stack} has no scorer yet: deploy config/anomaly.yml")
    return DeployedScorer(
        environment=config.environment,
        config=config,
        # A Prometheus is often reached from the function alone, and its key stands in the secret.
        metrics=SourcesOfMetrics(
            CloudWatchMetrics(lambda: client("cloudwatch"), lambda: client("resourcegroupstaggingapi")), None
        ),
        shelf=S3Shelf(lambda: client("s3"), bucket),
        notebook=DynamoNotebook(lambda: client("dynamodb"), deployed.outputs["TableName"], clock),
        store=DynamoStore(lambda: client("dynamodb"), deployed.outputs["TableName"], clock),
    )
