"""Runs the anomaly-scorer once, in order:

lease -> watched metrics -> for each shard: read, score, compare with published alerts -> keep -> publish -> give back.

State is kept before anything is published, and what is to be published is part of it: a run that dies in between is
finished by the next one. A run that comes again, late, or beside another changes nothing twice: the object of a shard
knows which run wrote it, and is written only over what was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from alertrelay.anomaly.detector.refractory import DEFAULT_THRESHOLD
from alertrelay.anomaly.scorer.deployments import WITHIN, named
from alertrelay.anomaly.scorer.digest import digest, due_at, of_day
from alertrelay.anomaly.scorer.discovery import FRESH, NAME, Catalogue, kept_catalogue, look_up
from alertrelay.anomaly.scorer.entry_rules import EntryRule, Origin, rules_of
from alertrelay.anomaly.scorer.metric import WatchedMetric, shard_of
from alertrelay.anomaly.scorer.ports import (
    Deployment,
    MetricsFailure,
    NotebookFailure,
    PublishFailure,
    RunLease,
    Scoring,
    ShelfFailure,
    Vote,
)
from alertrelay.anomaly.scorer.publish import message, messages
from alertrelay.anomaly.scorer.scorer_run import ScorerRun
from alertrelay.anomaly.scorer.shard import Shard, keep, load, score
from alertrelay.anomaly.scorer.shard_state import Announcement
from alertrelay.anomaly.scorer.threshold import DAY, Feedback, feedback_of, levels
from alertrelay.config.watch import AnomalyConfig

IN_A_SHARD = 400
"""Metrics, about: one object and one request of GetMetricData (500) each."""
MARGIN = 20.0
"""Seconds at the end of an invocation in which nothing new is begun."""
NOTE_LASTS = 2 * DAY
DIGEST = "shadow-digest"
"""The name under which the lease keeps the time of the last digest, beside the shards."""
_REMEMBERED = 90 * DAY


class RunIncomplete(Exception):
    """Something of a run could not be done; the next one does it. Raised after all else, so that an alarm sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """The counts of a run; `problems` are what could not be done."""

    metrics: int = 0
    points: int = 0
    published: int = 0
    problems: tuple[str, ...] = ()


def run(scoring: Scoring, at: float, *, deadline: float) -> Ran:
    """Runs once for the time `at` of its schedule, in seconds. `deadline` is when this invocation is killed.

    Never raises a failure of the outside: it is among the problems."""
    owner = scoring.new_id()
    now = scoring.clock.now().timestamp()
    try:
        lease = scoring.notebook.begin_run(owner=owner, now=now, until=deadline + MARGIN)
    except NotebookFailure as failure:
        # Its object protects each shard all the same; its alerts may be published again, and are recognised.
        scoring.log("scorer_lease_not_taken", failure=str(failure))
        lease = RunLease(owner=owner, published={})
    if lease is None:
        scoring.log("scorer_run_overlaps")
        return Ran()
    published = dict(lease.published)
    ran = _run(scoring, at, until=deadline - MARGIN, published=published)
    try:
        scoring.notebook.end_run(lease, published=published)
    except NotebookFailure as failure:
        scoring.log("scorer_lease_not_given_back", failure=str(failure))
    _measure(scoring, at, ran)
    return ran


def _run(scoring: Scoring, at: float, *, until: float, published: dict[str, float]) -> Ran:
    try:
        catalogue, known = _catalogue(scoring, at)
    except (MetricsFailure, ShelfFailure) as failure:
        scoring.log("scorer_catalogue_failed", failure=str(failure))
        return Ran(problems=(f"what is watched: {failure}",))
    this = _begin(scoring, at, until=until)
    this.problems += [f"what the entry {name} watches could not be looked up" for name in catalogue.failed]
    sent = 0
    shards = _shards(scoring, catalogue)
    for place, (name, metrics) in enumerate(shards.items()):
        now = scoring.clock.now().timestamp()
        this.learn_until = now + (until - now) / (len(shards) - place)
        try:
            sent += _shard(this, name, metrics, known=known, published=published)
        except (MetricsFailure, ShelfFailure, PublishFailure) as failure:
            scoring.log("scorer_shard_failed", object=name, failure=str(failure))
            this.problems.append(f"{name}: {failure}")
    _send_digest(this, published)
    for name, (metric, seen) in this.tops.items():
        low, high = seen.band or (None, None)
        scoring.log("watched", watch=name, metric=str(metric), value=seen.value, low=low, high=high, score=seen.score)
    scoring.log("scorer_run", at=at, **this.tally)
    done = this.tally["scored"] + this.tally["learned"]
    return Ran(metrics=done, points=this.tally["points"], published=sent, problems=tuple(this.problems))


def _catalogue(scoring: Scoring, at: float) -> tuple[Catalogue, bool]:
    """Returns the watched metrics, and whether there was an earlier run. Raises MetricsFailure where nothing is known
    of anything, ShelfFailure."""
    kept = scoring.shelf.get(NAME)
    found = kept_catalogue(kept, scoring.config)
    if found and at - found.at < FRESH and not found.failed:
        return found, True
    new = look_up(scoring.config, scoring.metrics, now=at, before=found)
    scoring.shelf.put(NAME, new.to_bytes(), over=kept.version if kept else None)
    for name in new.failed:
        scoring.log("entry_not_looked_up", watch=name)
    for name in new.empty:
        scoring.log("entry_finds_no_metric", watch=name)
    if new.left_out:
        scoring.log("metrics_left_out", count=new.left_out, max_metrics=scoring.config.max_metrics)
    scoring.measure("MetricsLeftOut", new.left_out)
    return new, kept is not None


def _shards(scoring: Scoring, catalogue: Catalogue) -> dict[str, list[WatchedMetric]]:
    """Groups metrics by the name of their object. The number of shards follows from the configuration alone, so that a
    metric stays where it is."""
    names = shard_names(scoring.config)
    found: dict[str, list[WatchedMetric]] = {name: [] for name in names}
    for metric in catalogue.metrics:
        found[names[shard_of(metric.key, len(names))]].append(metric)
    return found


def shard_names(config: AnomalyConfig) -> list[str]:
    """Returns the names of the objects that hold the state."""
    count = -(-config.max_metrics // IN_A_SHARD)
    return [f"shard-{number:02d}-of-{count}" for number in range(count)]


def _shard(
    this: ScorerRun, name: str, metrics: Sequence[WatchedMetric], *, known: bool, published: dict[str, float]
) -> int:
    """Returns how many updates were published."""
    shard = load(this, name, metrics, known=known)
    book = shard.book
    if published.get(name) == book.run:
        book.outbox = []
    # An object without metrics is written once, so that one that is missing is known to be lost.
    if book.run < this.at and (metrics or book.tracks or shard.version is None):
        # Alerts that an earlier run kept, and did not publish before it died or failed, are published by this one.
        book.outbox += score(this, shard, metrics)
        if not keep(this, shard):
            this.scoring.log("scorer_state_changed_meanwhile", object=name)
            return 0
    this.shadow += [entry for entry in book.journal if entry.mode == "shadow"]
    sent = _publish(this, shard)
    published[name] = book.run
    return sent


def _send_digest(this: ScorerRun, published: dict[str, float]) -> None:
    """Publishes what a day in shadow has found, once. The lease remembers it; where that is lost, the relay knows the
    event."""
    scoring, due = this.scoring, due_at(this.scoring.config, this.at)
    if due is None or this.problems or published.get(DIGEST, 0.0) >= due:
        return
    found = of_day(this.shadow, due)
    if found:
        try:
            scoring.publish("info", message([digest(scoring.config, found, due)]))
        except PublishFailure as failure:
            this.problems.append(f"the digest of the shadow: {failure}")
            return
    scoring.log("shadow_digest", at=due, findings=len(found))
    published[DIGEST] = due


def _publish(this: ScorerRun, shard: Shard) -> int:
    """Raises PublishFailure."""
    for severity, text in messages(shard.book.outbox):
        this.scoring.publish(severity, text)
    for announcement in shard.book.outbox:
        _note(this.scoring, announcement, this.at)
    return len(shard.book.outbox)


def _note(scoring: Scoring, announcement: Announcement, at: float) -> None:
    """Keeps the note that other alerts of the service show. Nothing depends on it."""
    if not announcement.service:
        return
    mark = announcement.update["fingerprint"]
    try:
        if announcement.note:
            scoring.notebook.note_anomaly(announcement.service, mark, announcement.note, until=at + NOTE_LASTS)
        else:
            scoring.notebook.drop_anomaly(announcement.service, mark)
    except NotebookFailure as failure:
        scoring.log("anomaly_not_noted", fingerprint=mark, failure=str(failure))


def _begin(scoring: Scoring, at: float, *, until: float) -> ScorerRun:
    feedback = feedback_of(_votes(scoring, at), now=at)

    @cache
    def recent() -> Sequence[Deployment]:
        try:
            return scoring.notebook.deployments(at - DAY)
        except NotebookFailure as failure:
            scoring.log("deployments_not_read", failure=str(failure))
            return ()

    def deployments(since: float, names: Sequence[str]) -> Sequence[str]:
        # Most anomalies that are only learned lie before what is kept of deployments.
        return named(recent(), since, names) if since >= at - DAY + WITHIN else ()

    rules = rules_of(scoring.config, feedback, deployments)
    _say_feedback(scoring, rules, feedback)
    origin = Origin(config=scoring.config, account=scoring.account, region=scoring.region)
    return ScorerRun(scoring=scoring, at=at, until=until, rules=rules, origin=origin)


def _votes(scoring: Scoring, at: float) -> Sequence[Vote]:
    try:
        return scoring.notebook.votes(at - _REMEMBERED)
    except NotebookFailure as failure:
        scoring.log("feedback_not_read", failure=str(failure))
        return ()


def _say_feedback(scoring: Scoring, rules: Mapping[str, EntryRule], feedback: Mapping[str, Feedback]) -> None:
    """Logs for the dashboard the share judged helpful, and the score from which the entry alerts now."""
    for name, found in feedback.items():
        rule = rules.get(name)
        if rule is None:
            continue
        fields = {"watch": name, "helpful": found.helpful, "not_helpful": found.not_helpful, "share": found.share}
        scores = rule.levels[0].score, levels(rule.watch, None, default=DEFAULT_THRESHOLD)[0].score
        scoring.log("feedback", **fields, mode=rule.watch.mode, told_from=scores[0], told_from_without=scores[1])


def _measure(scoring: Scoring, at: float, ran: Ran) -> None:
    """Runs counts runs that did their work; nothing is scored where nothing is due, and that is no fault."""
    scoring.measure("PointsScored", ran.points)
    scoring.measure("MetricsScored", ran.metrics)
    scoring.measure("ScorerLag", max(0.0, scoring.clock.now().timestamp() - at))
    scoring.measure("ScorerProblems", len(ran.problems))
