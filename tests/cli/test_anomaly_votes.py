"""The anomaly report shows what people said of the alerts that it judges."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from alertrelay.alert import rfc3339
from alertrelay.anomaly.scorer.ports import NotebookFailure, Vote
from alertrelay.anomaly.scorer.shard_state import Book, JournalEntry
from alertrelay.memory.scorer import MemoryNotebook

from cli.anomaly import report as command
from cli.anomaly.deployed import DeployedScorer
from cli.anomaly.judge import judge, of_entry
from cli.anomaly.page import page
from tests.anomaly.scorer.world import DAY, START, STEP, World, config, metric, watch

TROUBLE = START - 2 * DAY


def points() -> list[tuple[float, float]]:
    world = World().shop(hours=0)
    world.change(TROUBLE, lambda value: value * 3 + 600, points=6)
    (series,) = world.metrics.series.values()
    return sorted(series.items())


def vote(at: float, *, helpful: bool, said: float = 1.0, mark: str = "0" * 16, by: str = "ana <b>") -> Vote:
    started = rfc3339(datetime.fromtimestamp(at, UTC))
    return Vote(fingerprint=mark, started=started, at=said, helpful=helpful, by=by, watch="orders")


def test_a_shadow_period_that_people_judged_has_their_verdicts() -> None:
    rule, found = of_entry(config(watch(mode="shadow")), "orders")
    bare = judge("orders", points(), rule, found, begin=START - 3 * DAY)
    (alert,) = bare.alerts
    assert "People" not in page(bare)
    votes = [vote(alert.at, helpful=False), vote(alert.at + STEP, helpful=True, said=2.0), vote(0.0, helpful=False)]
    report = judge("orders", points(), rule, found, begin=START - 3 * DAY, votes=votes)
    shown = page(report)
    assert report.judged[0].verdict == votes[1]  # the last word counts
    assert "<b>1 of 1</b><span>judged alerts helpful" in shown
    assert "helpful, ana &lt;b&gt;</td>" in shown


class Scorer:
    """A deployed scorer, as far as votes need it."""

    def __init__(self, notebook: Any) -> None:
        self.notebook = notebook

    def books(self) -> list[Book]:
        given: dict[str, Any] = {"at": 1.0, "kind": "opened", "watch": "orders", "mode": "shadow", "text": ""}
        entries = [
            JournalEntry(**given, metric=str(metric()), fingerprint="a" * 16),
            JournalEntry(**given, metric="Shop Orders of another shop", fingerprint="b" * 16),
        ]
        return [Book(journal=entries)]


def test_of_an_entry_of_several_metrics_only_the_votes_on_this_one_count() -> None:
    notebook = MemoryNotebook()
    for mark in "ab":
        notebook.add_vote(vote(TROUBLE, helpful=True, said=5.0, mark=mark * 16))
    notebook.add_vote(Vote(fingerprint="c" * 16, started="", at=5.0, helpful=True, watch="another"))
    found = command._votes(cast(DeployedScorer, Scorer(notebook)), metric(), 0.0)
    assert [one.fingerprint for one in found] == ["a" * 16]


def test_without_the_table_the_report_comes_without_votes(capsys: pytest.CaptureFixture[str]) -> None:
    class Failing:
        def votes(self, _: float) -> None:
            raise NotebookFailure("it does not answer")

    assert command._votes(cast(DeployedScorer, Scorer(Failing())), metric(), 0.0) == ()
    assert "without what people said of the alerts: it does not answer" in capsys.readouterr().err
