"""What only `alertrelay serve` offers the console: faults of the stand-ins, events to replay, a day that was kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from alertrelay.sources import unwrap

from cli.command import main
from cli.serve import Served, serving
from local.serve.day import NoDay, copied, fires, opened
from local.stack.day import DayRun
from local.stack.kept_day import keep
from tests.example import CONFIG
from tests.intake.conftest import config as config
from tests.intake.conftest import door as door
from tests.intake.door import Door
from tests.serve.conftest import ask, until


def test_a_stand_in_fails_at_a_switch_and_an_event_is_replayed(served: Served) -> None:
    faults = {each["channel"]: each for each in ask(served, "GET", "/local/faults")["faults"]}
    assert set(faults) == {"slack", "pagerduty"}
    assert faults["slack"]["fault"] == ""
    changed = ask(served, "POST", "/local/faults", {"channel": "pagerduty", "fault": "400"})["faults"]
    assert {each["channel"]: each["fault"] for each in changed} == {"slack": "", "pagerduty": "400"}
    assert "rds-cpu-critical-alarm" in {each["name"] for each in ask(served, "GET", "/local/events")["events"]}
    assert ask(served, "POST", "/local/events", {"name": "rds-cpu-critical-alarm"}) == {
        "published": "rds-cpu-critical-alarm"
    }
    until(lambda: [each for each in served.received() if each.channel == "slack" and each.taken])
    assert {each.answered for each in served.received() if each.channel == "pagerduty"} == {"400"}
    (alert,) = ask(served, "GET", "/api/v1/overview")["alerts"]
    until(
        lambda: (
            {each["state"] for each in ask(served, "GET", f"/api/v1/alert/{alert['fingerprint']}")["notifications"]}
            == {"by_fallback"}
        )
    )
    (group,) = ask(served, "GET", "/api/v1/undelivered")["groups"]
    assert (group["why"], group["fallbacks"]) == ("failing", ["chat/slack/0"])
    changed = ask(served, "POST", "/local/faults", {"channel": "pagerduty", "fault": ""})["faults"]
    assert {each["fault"] for each in changed} == {""}


@pytest.mark.parametrize(
    ("target", "body", "status"),
    [
        ("/local/faults", {"channel": "email", "fault": "503"}, 404),
        ("/local/faults", {"channel": "slack", "fault": "explode"}, 422),
        ("/local/faults", {"channel": "slack"}, 422),
        ("/local/events", {"name": "../pyproject"}, 404),
        ("/local/events", [], 422),
    ],
)
def test_what_is_no_switch_is_refused(served: Served, target: str, body: object, status: int) -> None:
    assert ask(served, "POST", target, body) == status


def test_a_deployed_intake_has_none_of_it(door: Door) -> None:
    for method, target in (("GET", "/local/faults"), ("POST", "/local/events")):
        assert door.ask(method, target, {"name": "x"}).status == 404


def test_a_day_that_was_played_is_opened_as_it_ended(
    begin: Callable[..., DayRun], critical: bytes, tmp_path: Path
) -> None:
    kept = tmp_path / "day"
    run = begin()
    run.publish("alarm", unwrap(critical))
    keep(run, run.finish(), kept)
    day = opened(kept)
    assert (day.environment, fires(day)) == ("prod", 1)
    data = tmp_path / "data"
    data.mkdir()
    copied(day, data)
    with serving(CONFIG, day.environment, data, None, port=0, begins=day.ended) as served:
        found = ask(served, "GET", "/api/v1/overview")
        assert found["asOf"][:16] == day.ended.isoformat()[:16]
        (alert,) = found["alerts"]
        page = ask(served, "GET", f"/api/v1/alert/{alert['fingerprint']}")
        assert {each["state"] for each in page["notifications"]} == {"notified"}
        lines = ask(served, "GET", f"/api/v1/alert/{alert['fingerprint']}/timeline")
        assert lines["entries"][0]["what"] == "fired"
        assert lines["complete"]


def test_a_day_takes_no_place_of_something_else(
    events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("dear me")
    assert main(["replay", str(events / "info-alarm.json"), "--keep", str(tmp_path)]) == 2
    assert "a new folder was expected" in capsys.readouterr().err
    assert (tmp_path / "letter.txt").exists()


def test_a_day_is_opened_by_itself_and_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in (
        (["--day", str(tmp_path)], "no day was kept there: `alertrelay replay"),
        (["--day", str(tmp_path), "--env", "prod"], "--day takes no --env"),
    ):
        assert main(["serve", "--port", "0", *words]) == 2
        assert said in capsys.readouterr().err
    with pytest.raises(NoDay):
        opened(tmp_path)
