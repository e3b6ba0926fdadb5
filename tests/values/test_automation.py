"""The runbook that an alert names, and the console's page for a run of it."""

from __future__ import annotations

import pytest
from alertrelay.values.automation import execution_page, parameters_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("InstanceId=i-1, Wait=true", {"InstanceId": "i-1", "Wait": "true"}),
        ("A=b=c", {"A": "b=c"}),
        ("AutomationAssumeRole=arn:aws:iam::1:role/admin, A=b", {"A": "b"}),
        ("nonsense", {}),
        ("", {}),
    ],
)
def test_parameters_are_pairs_and_the_role_is_not_an_alert_s_to_choose(text: str, found: dict[str, str]) -> None:
    assert parameters_of({"automation_parameters": text}) == found


def test_the_page_is_in_the_alert_s_region_and_only_for_a_name() -> None:
    page = execution_page("eu-west-1", "AWS-RestartEC2Instance", {"InstanceId": "i-1"})
    assert page == (
        "https://eu-west-1.console.aws.amazon.com/systems-manager/automation/execute/AWS-RestartEC2Instance"
        "?region=eu-west-1#InstanceId=i-1"
    )
    assert execution_page("", "AWS-RestartEC2Instance", {}) == ""
    assert execution_page("eu-west-1", "a/../b?c", {}) == ""
