"""The anomaly-scorer in the deployed stack, on emulated AWS: from a metric to a person, and what people say of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alertrelay.memory.ports import ManualClock
from alertrelay.notification import Outcome

from cli import feedback
from cli.anomaly import live as live_check
from cli.anomaly import status
from cli.anomaly.deployed import DeployedScorer, NoScorer, scorer_of
from cli.anomaly.judge import judge, of_entry
from local import timeline
from local.stack import scorer as played
from local.stack.day import DayRun, live
from local.stack.day_input import UsageError
from local.stack.history import Day
from local.stack.progress import ProgressLine
from local.stack.scorer import series_of, with_modes
from local.stack.shipped import anomaly_config_of
from tests.example import CONFIG as SHIPPED
from tools import shop


@dataclass(frozen=True)
class Lived:
    """The evening of the made shop, after it was lived through; the stack still runs."""

    run: DayRun
    day: Day
    scorer: DeployedScorer


@pytest.fixture(scope="module")
def lived(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(played, "LIVED", timedelta(hours=2))
        folder = tmp_path_factory.mktemp("shop")
        assert shop.main([str(folder)]) == 0
        shipped = anomaly_config_of(template)
        assert shipped is not None
        config = with_modes(shipped, ["orders-placed=alert"])
        series = series_of(folder / "orders-placed.csv", config)
        with DayRun(template, "prod", start=series.begins, down={}, watched=config) as run:
            run.play(series, ProgressLine())
            day = run.finish()
            clock = run.stack.clock
            yield Lived(run, day, scorer_of(SHIPPED, "prod", clock, client=run.stack.emulator.client))


def _outcomes(lived: Lived, status: str) -> list[Outcome]:
    found = (d.outcome for event in lived.day.events for d in event.deliveries)
    return [outcome for outcome in found if outcome.status == status]


def test_the_hour_after_the_peak_is_found_told_by_the_routing_tree_and_ended(lived: Lived) -> None:
    assert [event.file for event in lived.day.events] == ["the anomaly-scorer"] * 2
    for word in ("firing", "resolved"):
        told = {o.receiver for o in _outcomes(lived, word) if o.outcome == "delivered"}
        assert told == {"slack-anomalies", "slack-platform", "slack-business", "email-platform"}
    assert lived.day.lost == ()


def test_a_person_reads_what_came_what_is_usual_and_where_to_look(lived: Lived) -> None:
    message = next(r for r in lived.day.received if r.channel == "slack")
    text = json.dumps(message.body)
    for part in ("AnomalyDetected", "Sum OrdersPlaced of checkout is", "usual ", "*Reason*", "Graph in CloudWatch"):
        assert part in text
    assert "runbooks/anomaly-detected.md" in text
    assert "*Score*" in text


def test_the_peak_before_it_was_left_alone(lived: Lived) -> None:
    noticed = [found for found in lived.day.history if isinstance(found, played.ScorerLogEvent)]
    assert [found.event for found in noticed] == ["anomaly_opened", "anomaly_ended"]
    assert noticed[0].at == shop.TROUBLE + timedelta(minutes=7, seconds=10)


def test_the_timeline_and_the_json_say_what_the_scorer_noticed_and_why(lived: Lived) -> None:
    lines = list(timeline.as_text(lived.day))
    assert any("orders-placed.csv: 25 points of orders-placed (alert), after" in line for line in lines)
    (opened,) = (line for line in lines if "opened" in line)
    assert "score 0." in opened
    assert any("usual for Friday" in line and " below" in line for line in lines)
    anomalies = timeline.as_json(lived.day)["anomalies"]
    assert [one["event"] for one in anomalies] == ["anomaly_opened", "anomaly_ended"]


def test_status_shows_the_entry_its_metric_and_its_anomaly(lived: Lived) -> None:
    found = status.status_of(lived.scorer, now=lived.run.stack.clock.now())
    entries = {entry["watch"]: entry for entry in found["entries"]}
    assert (entries["orders-placed"]["metrics"], entries["orders-placed"]["anomalies"]) == (1, 1)
    assert entries["checkout-latency"]["mode"] == "shadow"
    assert [entry["kind"] for entry in found["journal"]] == ["ended", "opened"]
    only = status.status_of(lived.scorer, now=lived.run.stack.clock.now(), watch="checkout-latency")
    assert [entry["watch"] for entry in only["entries"]] == ["checkout-latency"]


def test_feedback_on_an_alert_is_stored_with_its_entry_and_counted(lived: Lived) -> None:
    mark = _outcomes(lived, "firing")[0].fingerprint
    clock = lived.run.stack.clock
    said = feedback.judge(lived.scorer, clock, mark, helpful=True, by="ann", comment="found the outage")
    assert (said.watch, said.alertname, said.service, said.by) == (
        "orders-placed",
        "AnomalyDetected",
        "checkout",
        "ann",
    )
    assert said.started == "2026-11-20T21:30:00.000Z"
    assert list(lived.scorer.notebook.votes(0.0)) == [said]
    told = feedback.sentence(said, lived.scorer, clock)
    assert "orders-placed: 1 of 1 judged helpful in 90 days; its mode is shadow, so nothing moves" in told
    judged = status.status_of(lived.scorer, now=clock.now())["entries"]
    assert next(e for e in judged if e["watch"] == "orders-placed")["helpful"] == 1


def test_feedback_on_nothing_that_there_is_says_what_was_expected(lived: Lived) -> None:
    with pytest.raises(feedback.NoSuchAlert, match="fingerprint"):
        feedback.judge(lived.scorer, lived.run.stack.clock, "0" * 16, helpful=False, by="", comment="")


def test_the_report_of_the_stored_metric_finds_what_the_function_found(lived: Lived) -> None:
    rule, metric = of_entry(lived.scorer.config, "orders-placed")
    end = shop.END.timestamp()
    answer = lived.scorer.metrics.read([metric], start=end - 15 * 86_400, end=end)
    found = judge("orders", answer.points[metric.key], rule, metric, begin=end - 7200)
    (alert,) = found.alerts
    assert alert.at == shop.TROUBLE.timestamp()
    assert alert.until is not None
    assert (alert.severity, found.mode) == ("warning", "shadow")


def test_no_log_line_holds_a_secret(lived: Lived) -> None:
    for secret in lived.day.secrets.values():
        assert secret not in lived.day.logs


def test_an_environment_without_a_stack_or_a_scorer_is_named(lived: Lived) -> None:
    clock = lived.run.stack.clock
    with pytest.raises(NoScorer, match="there is no stack alertrelay-dev here"):
        scorer_of(SHIPPED, "dev", clock, client=lived.run.stack.emulator.client)
    with pytest.raises(NoScorer, match="nowhere"):
        scorer_of(SHIPPED, "nowhere", clock, client=lived.run.stack.emulator.client)


@pytest.mark.parametrize(
    ("name", "content", "modes", "told"),
    [
        ("unknown.csv", "timestamp,value\n2026-11-20,1\n", [], "named like an entry of config/anomaly.yml"),
        ("orders-placed.csv", "a,b\n1,2\n", [], "must name the columns timestamp,value"),
        ("orders-placed.csv", "timestamp,value\n", [], "it has no point"),
        ("orders-placed.csv", "timestamp,value\n2026-11-20,1\n", ["orders-placed=loud"], "ENTRY=MODE was expected"),
        ("orders-placed.csv", "timestamp,value\n2026-11-20,1\n", ["nothing=alert"], "has no such entry"),
    ],
)
def test_a_metric_or_a_mode_that_cannot_be_played_is_named(
    tmp_path: Path, name: str, content: str, modes: list[str], told: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    files: list[tuple[str, Any]] = [(str(path), b"")]
    with pytest.raises(UsageError, match=told):
        live(files, environment="prod", down=[], topic=None, modes=modes)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--output", "r.html"], "one of --input FILE and --env NAME is needed"),
        (["--env", "prod", "--output", "r.html"], "--env needs --watch ENTRY"),
    ],
)
def test_report_says_what_it_needs(capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    from cli.command import main

    with pytest.raises(SystemExit) as ended:
        main(["anomaly", "report", *words])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_feedback_and_status_end_with_2_where_there_is_no_scorer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cli.anomaly import deployed
    from cli.command import main

    def none(*_: object, **__: object) -> object:
        raise NoScorer("there is none")

    monkeypatch.setattr(deployed, "scorer_of", none)
    assert main(["feedback", "abc", "helpful", "--env", "prod"]) == 2
    assert main(["anomaly", "status", "--env", "prod"]) == 2
    assert main(["anomaly", "report", "--env", "prod", "--watch", "orders-placed", "--output", "r.html"]) == 2
    assert capsys.readouterr().err.count("there is none") == 3


def test_the_page_of_an_entry_says_its_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cli.command import main

    monkeypatch.setattr(shop, "DAYS", 6)
    shop.main([str(tmp_path)])
    target = tmp_path / "report.html"
    words = ["--input", str(tmp_path / "orders-placed.csv"), "--watch", "orders-placed", "--output", str(target)]
    assert main(["anomaly", "report", *words]) == 0
    assert "mode: nobody was notified" in target.read_text()


def _live(lived: Lived, **changes: Any) -> dict[str, str]:
    config = replace(lived.scorer.config, **changes)
    found = live_check.examine(config, "prod", lived.run.stack.emulator.client, lived.run.stack.clock)
    return {finding.code: finding.message for finding in found}


def test_check_live_names_entries_that_find_nothing_and_a_metric_without_points(lived: Lived) -> None:
    found = live_check.examine(lived.scorer.config, "prod", lived.run.stack.emulator.client, lived.run.stack.clock)
    assert {(finding.code, finding.key) for finding in found} == {
        ("finds-nothing", "order-functions-duration"),
        ("finds-nothing", "checkout-latency"),
    }
    assert all(finding.mend for finding in found)


def test_check_live_says_that_other_files_are_deployed(lived: Lived) -> None:
    assert "another config/anomaly.yml" in _live(lived, timezone="Europe/Berlin")["configuration-differs"]


def test_check_live_says_when_the_last_run_is_long_ago(lived: Lived) -> None:
    later = ManualClock(lived.run.stack.clock.now() + timedelta(hours=1))
    found = live_check.examine(lived.scorer.config, "prod", lived.run.stack.emulator.client, later)
    assert [finding.severity for finding in found if finding.code == "scorer-late"] == ["error"]


def test_check_live_says_that_a_scorer_is_there_for_no_entry(lived: Lived) -> None:
    (finding,) = live_check.examine(None, "prod", lived.run.stack.emulator.client, lived.run.stack.clock)
    assert finding.code == "configuration-differs"
