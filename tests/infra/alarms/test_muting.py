"""Alarm mute rules: one for each hundred alarms that a maintenance window matches for certain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from infra.node import use_packaged_node

use_packaged_node()

import aws_cdk as cdk  # noqa: E402 - starts node, which is found first
from aws_cdk.assertions import Template  # noqa: E402 - the same

from compiler.alarms.muting import muted_alarms  # noqa: E402 - the same
from compiler.alarms.plan import alarm_stacks  # noqa: E402 - the same
from infra.alarms.muting import iso_duration  # noqa: E402 - the same
from infra.alarms.stack import AlarmsStack  # noqa: E402 - the same
from tests.compiler.test_maintenance import WINDOW, loaded  # noqa: E402 - the same


def test_a_window_mutes_here_and_by_a_rule_over_the_alarms_that_match(tmp_path: Path) -> None:
    found = loaded(tmp_path, WINDOW)
    assert found.config is not None
    assert found.environment is not None
    (window,) = found.config.maintenance
    assert window.cron is not None
    assert (window.cron.hours, window.cron.weekdays, window.duration) == ((2,), (0,), 10_800)
    plan = alarm_stacks(found.environment)[""]
    names = muted_alarms(found.environment.maintenance[0], plan)
    assert names
    assert all("orders" in name for name in names)
    few = replace(plan, alarms=tuple(one for one in plan.alarms if one.name in names)[:3], parents=())
    stack = AlarmsStack(
        cdk.App(), "A", few, environment="prod", stack_name="a", maintenance=found.environment.maintenance
    )
    (rule,) = Template.from_stack(stack).find_resources("AWS::CloudWatch::AlarmMuteRule").values()
    assert rule["Properties"]["Name"] == "a-patch-night-1"
    assert rule["Properties"]["MuteTargets"]["AlarmNames"] == [one.name for one in few.alarms]
    schedule = {"Expression": "cron(0 2 * * SUN)", "Duration": "PT3H", "Timezone": "Europe/Berlin"}
    assert rule["Properties"]["Rule"] == {"Schedule": schedule}
    assert len(rule["DependsOn"]) == 3


def test_durations_are_written_as_cloudwatch_takes_them() -> None:
    assert [iso_duration(s) for s in (60, 5400, 86_400, 95_400)] == ["PT1M", "PT1H30M", "P1D", "P1DT2H30M"]
