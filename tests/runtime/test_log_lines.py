"""Our log lines and metrics are those that Powertools wrote, which queries, alarms and older versions read."""

from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from alertrelay.runtime import log_lines, observe
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

FIELDS: dict[str, Any] = {
    "text": 'Störung in »orders« 🔥 "quoted"\n',
    "nothing": None,
    "empty": "",
    "number": 1.5,
    "at": datetime(2026, 11, 20, tzinfo=UTC),
    "parts": {"a": [1, None]},
}
DIMENSIONS = (("service", "slack-forwarder"), ("channel", "slack"))


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-67a;Parent=53995;Sampled=0")
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "false")


@pytest.mark.parametrize("level", ["INFO", "ERROR"])
def test_a_line_is_the_one_that_powertools_writes(level: str) -> None:
    stream = io.StringIO()
    logger = Logger(service=f"of-a-test-{level}", level="INFO", stream=stream)
    logger.append_keys(request_id="r")
    getattr(logger, level.lower())("an event", extra=FIELDS)
    theirs = json.loads(stream.getvalue())
    keys = {"service": f"of-a-test-{level}", "request_id": "r"}
    ours = json.loads(log_lines.line(level, "log", "an event", keys, FIELDS))
    assert list(ours) == list(theirs)
    for line in (ours, theirs):
        datetime.strptime(line.pop("timestamp"), "%Y-%m-%d %H:%M:%S,%f%z")
        line.pop("location")
    assert ours == theirs


def test_metrics_are_those_that_powertools_writes() -> None:
    metrics = EphemeralMetrics(namespace="alertrelay", service="slack-forwarder")
    for name, word in DIMENSIONS:
        metrics.add_dimension(name, word)
    for value in (2.0, 3.0):
        metrics.add_metric("AlertLatency", MetricUnit.Seconds, value)
    metrics.add_metric("Notifications", MetricUnit.Count, 1.0)
    theirs: Any = metrics.serialize_metric_set()
    values = [("AlertLatency", DIMENSIONS, 2.0), ("AlertLatency", DIMENSIONS, 3.0), ("Notifications", DIMENSIONS, 1.0)]
    (line,) = log_lines.metric_lines("alertrelay", values)
    ours = json.loads(line)
    assert abs(ours["_aws"].pop("Timestamp") - theirs["_aws"].pop("Timestamp")) < 60_000
    assert ours == theirs


def test_no_line_has_more_values_of_a_metric_than_cloudwatch_takes() -> None:
    lines = log_lines.metric_lines("alertrelay", [("AlertLatency", DIMENSIONS, 0.0)] * 250)
    found = [json.loads(line) for line in lines]
    assert [len(one["AlertLatency"]) for one in found] == [100, 100, 50]
    assert all(len(one["_aws"]["CloudWatchMetrics"]) == 1 for one in found), "equal values are no reason to count twice"


def test_a_dimension_without_a_value_is_left_out() -> None:
    (line,) = log_lines.metric_lines("alertrelay", [("TicksDone", (("service", "alertrelay"), ("env", "")), 1.0)])
    found = json.loads(line)
    assert found["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert "env" not in found


@pytest.mark.parametrize(("least", "levels"), [("", "INFO ERROR"), ("warning", "ERROR"), ("DEBUG", "INFO ERROR")])
def test_lines_below_the_level_are_left_out(least: str, levels: str) -> None:
    assert [level for level in ("INFO", "ERROR") if log_lines.shown(level, least)] == levels.split()


def test_half_a_surrogate_is_written_as_a_question_mark() -> None:
    assert json.loads(log_lines.line("INFO", "log", "e", {}, {"name": "a\ud800"}))["name"] == "a?"


def test_a_line_that_cannot_be_written_fails_no_invocation(capsys: pytest.CaptureFixture[str]) -> None:
    observer = observe.Observer(service="s", level="", namespace="alertrelay", also=None)
    observer.log("odd", field={(1, 2): "a key that JSON has not"})
    out, err = capsys.readouterr()
    assert (out, err) == ("", "a log line was not written: odd: TypeError\n")


def test_the_names_that_get_an_underscore_are_those_of_pythons_logging() -> None:
    assert {*vars(logging.makeLogRecord({})), "message", "asctime"} <= observe._RECORD
