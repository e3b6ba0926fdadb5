"""`alertrelay check --env X --live`, as far as the anomaly-scorer goes: does it run, and does it find what is meant?"""

from __future__ import annotations

from collections.abc import Iterator

from alertrelay.config.watch import AnomalyConfig
from alertrelay.ports import Clock
from alertrelay.values.text import how_many

from cli import cloud
from cli.anomaly.deployed import DeployedScorer, NoScorer, scorer_with
from cli.cloud import Client, CloudUnreadable, DeployedStack
from compiler.reading.finding import Finding, Severity

LATE = 3
"""Runs that may stay away before that is said."""


def examine(config: AnomalyConfig | None, environment: str, client: Client, clock: Clock) -> tuple[Finding, ...]:
    """Every finding. Never raises what AWS answers."""
    place = f"alertrelay-{environment}"
    try:
        deployed = cloud.stack_of(environment, client)
        if deployed is None:
            return ()  # said of the whole stack already
        return tuple(_examine(config, environment, deployed, client, clock))
    except (CloudUnreadable, NoScorer) as error:
        return (_finding(place, "", "error", "unreadable", str(error)),)


def _examine(
    config: AnomalyConfig | None, environment: str, deployed: DeployedStack, client: Client, clock: Clock
) -> Iterator[Finding]:
    place, function = deployed.stack, deployed.outputs.get("AnomalyFunction", "")
    deploy = f"npx cdk deploy '{environment}/*'"
    if config is None:
        if function:
            message = "a scorer is deployed, and config/anomaly.yml has no entry for this environment"
            yield _finding(place, function, "warning", "configuration-differs", message, deploy)
        return
    if not function:
        yield _finding(place, "", "warning", "configuration-differs", "no scorer is deployed for these files", deploy)
        return
    if cloud.config_hash(function, client) != config.hash:
        message = f"{function} runs with another config/anomaly.yml than this"
        yield _finding(place, function, "warning", "configuration-differs", message, deploy)
    yield from _of_state(scorer_with(config, deployed, client, clock), place, function, clock)


def _of_state(scorer: DeployedScorer, place: str, function: str, clock: Clock) -> Iterator[Finding]:
    catalogue, books = scorer.catalogue(), scorer.books()
    ran = max((book.run for book in books), default=None)
    if ran is None:
        message = "the scorer has not run yet with these entries"
        mend = f"wait for {scorer.config.every // 60 + 2} minutes, then look at its log"
        yield _finding(place, function, "warning", "scorer-not-run", message, mend)
        return
    apart = clock.now().timestamp() - ran
    if apart > LATE * scorer.config.every + 300.0:
        mend = "is its schedule enabled? Its log says what fails"
        yield _finding(
            place,
            function,
            "error",
            "scorer-late",
            f"the last run is {how_many(round(apart / 60), 'minute')} ago",
            mend,
        )
    if catalogue and catalogue.left_out:
        verb = "is" if catalogue.left_out == 1 else "are"
        message = (
            f"{how_many(catalogue.left_out, 'metric')} {verb} not watched: max_metrics is {scorer.config.max_metrics}"
        )
        mend = "narrow the patterns, or raise max_metrics"
        yield _finding(place, function, "warning", "metrics-left-out", message, mend)
    for name in catalogue.empty if catalogue else ():
        mend = "does the namespace, with these dimensions or tags, exist in this region?"
        yield _finding(place, name, "warning", "finds-nothing", f"the entry {name} finds no metric", mend)
    for track in (track for book in books for track in book.tracks.values()):
        if track.presence.last is None:
            message = f"{track.metric} has never had a point"
            mend = "are its name, dimensions and statistic spelt as CloudWatch has them?"
            yield _finding(place, track.metric.watch, "warning", "finds-nothing", message, mend)


def _finding(stack: str, key: str, severity: Severity, code: str, message: str, mend: str = "") -> Finding:
    return Finding(file=stack, line=0, column=0, key=key, severity=severity, code=code, message=message, mend=mend)
