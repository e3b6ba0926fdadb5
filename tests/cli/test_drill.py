"""`alertrelay drill` on the deployed template: what each scenario finds, and what it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.ports import Retryable
from alertrelay.state import StoreFailure

from cli.drill import DrillRefused, choose, drill, local_ground
from cli.drills import scenarios
from cli.drills.ground import Ground, NotDrilled
from cli.drills.scenarios import SCENARIOS, scenario
from cli.pending import show
from local.stack.day import DayRun
from local.standins import Fault
from tests.dispatch.world import World, alarm

NAMES = [one.name for one in SCENARIOS]
DRILLED = ["fallback", "silence", "malformed", "duplicate"]
"""Of each way of checking one: `alertrelay drill all --local` runs them all."""


def grounds(run: DayRun, said: list[str], **given: Any) -> Callable[[], Ground]:
    return lambda: local_ground(run, run.stack.emulator.client, said.append, **given)


def test_a_scenario_holds_on_a_sound_stack_and_leaves_nothing(
    begin: Callable[..., DayRun], capsys: pytest.CaptureFixture[str]
) -> None:
    run, said = begin(), list[str]()
    chosen = [one for one in SCENARIOS if one.name in DRILLED]
    assert drill(chosen, grounds(run, said), as_json=True) == 0, [line for line in said if "FAIL" in line]
    found = json.loads(capsys.readouterr().out)["scenarios"]
    assert [(one["scenario"], one["passed"]) for one in found] == [(name, True) for name in DRILLED]
    assert all(one["checks"][-1]["what"].startswith("back to normal") for one in found)
    ground = grounds(run, said)()
    assert show("table", ground.store, ground.clock, {}) == 0
    assert all("TEST" in json.dumps(one.body) for one in run.stack.received if one.channel in ("slack", "email"))


def test_a_channel_that_fails_fails_the_drill_which_still_goes_back_to_normal(
    begin: Callable[..., DayRun], capsys: pytest.CaptureFixture[str]
) -> None:
    run, said = begin(), list[str]()
    (warning,) = choose("warning", None)
    run.stack.faults.down["slack"] = Fault.named("503")
    assert drill([warning], grounds(run, said, wait=60), as_json=True) == 1
    (found,) = json.loads(capsys.readouterr().out)["scenarios"]
    assert not found["passed"]
    first = next(check["what"] for check in found["checks"] if not check["passed"])
    assert first.startswith("slack-platform/slack/0")
    assert any(line.lstrip().startswith("FAIL slack-platform/slack/0 accepted 1 firing") for line in said)
    assert any("a fallback of slack-platform/slack/0 accepted 1 resolved" in line for line in said)
    assert run.stack.faults.down == {}


def on(world: World) -> Ground:
    """The ground of the relay in memory, on which nothing can be published."""
    return Ground(
        config=world.config,
        client=lambda service: pytest.fail(f"{service} was asked"),
        clock=world.clock,
        store=world.memory,
        topics={},
        say=lambda _: None,
    )


def test_the_resolve_of_what_nobody_accepted_is_not_accepted_either(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = on(World())
    labels = ground.labels("warning")
    targets = ground.targets(labels)
    monkeypatch.setattr(Ground, "resolve", lambda *_: None)
    checks = list(scenarios._over(ground, [labels], targets))
    assert targets
    assert [(check.passed, check.detail) for check in checks] == [(False, "none had accepted them as firing")] * len(
        targets
    )


def test_an_alert_that_would_join_a_real_group_is_refused_by_name() -> None:
    world = World()
    world.fail("slack", by=Retryable("down"))
    world.publish(alarm("cpu", severity="warning"))
    with pytest.raises(NotDrilled, match="a real group of slack/slack/0, which holds HighCPU"):
        on(world).targets(on(world).labels("warning", service="orders"))
    assert on(world).targets(on(world).labels("warning"))


def test_labels_that_lead_to_nobody_are_refused() -> None:
    with pytest.raises(NotDrilled, match="notifies nobody"):
        on(World()).targets(on(World()).labels("info"))


def test_what_takes_a_channel_down_is_refused_on_a_deployed_environment() -> None:
    fallback = scenario("fallback")
    assert fallback
    with pytest.raises(NotDrilled, match="--local"):
        list(fallback.run(on(World())))


def test_a_table_that_does_not_answer_is_asked_again_until_the_time_is_over() -> None:
    world = World()
    ground, tries = on(world), list[int]()

    def holds() -> bool:
        tries.append(1)
        raise StoreFailure("down")

    assert not ground.until("it holds", holds, 30).passed
    assert len(tries) == 31


def test_the_seconds_are_those_of_the_delivery_not_of_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    ground = on(world)
    target = ground.targets(ground.labels("warning"))[0]
    ground._published, delivered = world.clock.now(), world.clock.now() + timedelta(seconds=2)
    world.clock.sleep(40)
    monkeypatch.setattr(Ground, "notified_at", lambda *_: delivered)
    assert ground.until("it accepted", lambda: True, 60, by=target).seconds == 2.0
    assert ground.until("it is over", lambda: True, 60).seconds == 40.0
    ground._published = world.clock.now()  # an earlier delivery is not this one
    assert ground.until("it accepted", lambda: True, 60, by=target).seconds == 0.0


@pytest.mark.parametrize(("answer", "names"), [("1", ["critical"]), ("silence", ["silence"]), ("all", NAMES)])
def test_the_menu_takes_a_number_a_name_or_all(
    answer: str, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert [one.name for one in choose(None, lambda _: answer)] == names
    assert "  1  critical" in capsys.readouterr().out


def test_without_a_terminal_the_menu_is_the_answer_and_an_unknown_name_is_refused() -> None:
    with pytest.raises(DrillRefused, match=r"SCENARIO was expected(?s:.*)malformed"):
        choose(None, None)
    with pytest.raises(DrillRefused, match="'fire' is not a scenario; there are: critical, warning"):
        choose("fire", None)
