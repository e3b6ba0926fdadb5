"""Links to the children of a composite alarm, and the command that silences an alert."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from alertrelay.config.matchers import parse_matcher
from alertrelay.policy.matchers import matches
from alertrelay.render import facts, plain
from hypothesis import given
from hypothesis import strategies as st

from cli.command import parser
from tests.render.notifications import CASES, alert, notification


def test_a_composite_alarm_links_its_children() -> None:
    links = {fact.name: fact.href for fact in facts.of(CASES["composite"]).links}
    assert links["Alarm alb-5xx"].endswith("#alarmsV2:alarm/alb-5xx")
    assert links["Alarm orders-db-cpu"].endswith("#alarmsV2:alarm/orders-db-cpu")


def test_a_few_children_are_links_and_no_address_of_another_scheme_is() -> None:
    urls = ["javascript:alert(1)", *(f"https://console.example.com/#alarmsV2:alarm/a{number}" for number in range(9))]
    case = notification(alert({"alertname": "X"}, {"triggering_alarm_urls": "\n".join(urls)}))
    names = [fact.name for fact in facts.of(case).links if fact.name.startswith("Alarm a")]
    assert names == ["Alarm a0", "Alarm a1", "Alarm a2", "Alarm a3"]


def test_a_message_links_the_page_on_which_its_alert_is_acknowledged() -> None:
    console = "https://abc123.execute-api.eu-west-1.amazonaws.com/console"
    case = replace(CASES["critical-everything"], console=console)
    (page,) = [fact for fact in facts.of(case).links if fact.name == "Acknowledge or silence"]
    assert page.href == f"{console}#/alert/{case.alerts[0].fingerprint}"
    assert page.href in plain.body(case, facts.of(case))
    for over in ("resolved", "event"):
        assert console not in str(facts.of(replace(CASES[over], console=console)).links)


def test_a_message_offers_the_runbook_that_its_alert_names_while_it_fires() -> None:
    offered = {"automation": "AWS-RestartEC2Instance", "automation_parameters": "InstanceId=i-1"}
    case = notification(alert({"alertname": "X", "region": "eu-west-1"}, offered))
    (run,) = [fact for fact in facts.of(case).links if fact.name == "Run"]
    assert run.text == "AWS-RestartEC2Instance(InstanceId=i-1)"
    assert run.href.endswith("/automation/execute/AWS-RestartEC2Instance?region=eu-west-1#InstanceId=i-1")
    assert run.href in plain.body(case, facts.of(case))
    resolved = replace(case, status="resolved", alerts=(replace(case.alerts[0], status="resolved"),))
    assert not [fact for fact in facts.of(resolved).links if fact.name == "Run"]


@pytest.mark.parametrize("case", ["resolved", "event", "raw-text"])
def test_what_resolved_or_never_repeats_has_no_command(case: str) -> None:
    assert facts.of(CASES[case]).silence == []


@given(value=st.text(max_size=40))
def test_a_command_silences_the_alert_that_it_stands_beside(value: str) -> None:
    labels = {"alertname": "X", "service": value, "pod": "a b"}
    case = notification(alert({name: text for name, text in labels.items() if text}))
    for fact in facts.of(case).silence:
        args = parser().parse_args(shlex.split(fact.text)[1:])
        assert matches([parse_matcher(text) for text in args.matchers], case.alerts[0].labels)


def test_a_group_is_silenced_by_its_labels() -> None:
    several = replace(CASES["group-of-four"], group_labels={"cluster": "eks-prod"})
    (fact,) = facts.of(several).silence
    assert fact.text.endswith(" alertname=PodCrashLooping cluster=eks-prod")
