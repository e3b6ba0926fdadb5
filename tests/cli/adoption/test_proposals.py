"""What adopting each alarm of an account would change, by which rule, and what is left alone and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
import yaml
from alertrelay.sources import parse

from cli.adoption.alarm import ReadAlarm
from cli.adoption.export import read_export
from cli.adoption.plan_file import ACCOUNT, AdoptionPlan, PlanHead, written
from cli.adoption.plan_reading import read_plan
from cli.adoption.propose import AdoptionSetting, Proposal, propose
from cli.adoption.rules import DEFAULT, AdoptionRules, rules_of
from cli.adoption.shown import in_words, lines
from local.backtest.history import StateChange
from local.backtest.play import RelayedAlarm, envelope_of
from tests.cli.adoption.cloudwatch import CHANGED_AT, MODELS, REGION, TOPICS
from tools.made_account import alarms, topic

SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schemas"
ACCOUNT_OF_300 = read_export("\n".join(json.dumps(one) for one in alarms())).alarms


def _rules(path: Path | None = None) -> AdoptionRules:
    found = rules_of(path)
    assert isinstance(found, AdoptionRules), found
    return found


def _setting(**fields: Any) -> AdoptionSetting:
    return AdoptionSetting(**{"region": REGION, "topics": TOPICS, "rules": _rules(), **fields})


def _alarm(name: str = "one", *, tags: Mapping[str, str] | None = None, **fields: Any) -> ReadAlarm:
    stated = {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:123456789012:alarm:{name}",
        "MetricName": "m",
    }
    actions = {"AlarmActions": [topic("ops-mails")]}
    return ReadAlarm(kind="MetricAlarm", region=REGION, fields={**stated, **actions, **fields}, tags=tags or {})


def _one(alarm: ReadAlarm, **setting: Any) -> Proposal:
    (found,) = propose([alarm], _setting(**setting))
    return found


def test_the_account_of_300_is_decided_alarm_by_alarm() -> None:
    proposals = propose(ACCOUNT_OF_300, _setting())
    assert len(proposals) == 300
    left = {one.alarm.name: one.why for one in proposals if not one.change}
    assert left["web-step-out"] == "it only scales: its scaling actions stay as they are"
    assert left["edge-5xx"] == "it has no actions: a part of the composite alarm edge-is-failing"
    assert left["lab-experiment"].startswith("it notifies nobody today: it has no actions")
    assert left["bastion-1-recover"].startswith("it notifies nobody today: its actions are for automate alone")
    assert left["old-import-job"] == "its actions are switched off"
    assert left["reporting-api-errors"].startswith("the stack reporting-prod makes it")
    assert left["shared-vpn-tunnel-down"] == "AlarmActions has 5 actions already: take one away with --replace"
    assert left["payments-provider-down"] == "it has all of it"
    scaling = [name for name in left if name.startswith("TargetTracking-")]
    assert len(scaling) == 6
    by_name = {one.alarm.name: one for one in proposals}
    step = by_name["web-queue-depth-step"]
    assert [action.split(":")[2] for action in step.change["AlarmActions"].after] == ["autoscaling", "sns", "sns"]
    assert step.notes == ["its actions for autoscaling stay"]
    assert by_name["edge-is-failing"].severity.by == "rule 1: tag severity=P1"
    assert by_name["monthly-bill"].severity.value == "info"
    assert by_name["payments-error-logs"].alarm.kind == "LogAlarm"
    assert by_name["checkout-burn-rate"].alarm.shown_kind == "PromQL"
    said = lines(proposals)
    assert len([line for line in said if " to alertrelay-prod-" in line]) == 282
    assert said[-1].startswith("300 alarms: 282 to change (")


def test_the_relay_reads_the_severity_and_the_owner_that_were_decided() -> None:
    for one in propose(ACCOUNT_OF_300, _setting()):
        if not one.change:
            continue
        tags = {**one.alarm.tags, **(one.change["Tags"].after if "Tags" in one.change else {})}
        alarm = RelayedAlarm(fields=one.alarm.fields, tags=tags, topic=one.topic)
        sent = envelope_of(alarm, StateChange(at=CHANGED_AT, alarm=one.alarm.name, state="ALARM"))
        (alert,) = parse(sent, received_at=CHANGED_AT).alerts
        assert alert.labels["severity"] == one.severity.value, one
        assert alert.labels.get("team", "") == (one.owner.value if one.owner else ""), one


@pytest.mark.parametrize(
    ("alarm", "severity", "by"),
    [
        (_alarm(tags={"Severity": "SEV1", "priority": "P4"}), "critical", "rule 1: tag severity=SEV1"),
        (_alarm(tags={"severity": "purple", "priority": "2"}), "error", "rule 2: tag priority=2"),
        (_alarm(AlarmDescription="Disk full\n\nseverity: info"), "info", "rule 3: description severity: info"),
        (_alarm("orders-P1"), "critical", "rule 4: a word of its name"),
        (_alarm("crit-path-of-orders"), "critical", "rule 5: name has crit"),
        (_alarm(AlarmActions=[topic("team-pager")]), "critical", "rule 6: topic has pager"),
        (_alarm("plain"), "warning", "no rule matches"),
    ],
)
def test_the_first_rule_decides_and_is_named(alarm: ReadAlarm, severity: str, by: str) -> None:
    found = _one(alarm).severity
    assert (found.value, found.by) == (severity, by)


def test_an_owner_by_the_name_becomes_a_tag_since_the_relay_reads_no_names(tmp_path: Path) -> None:
    path = tmp_path / "adopt.yml"
    path.write_text("owner:\n  - name: '^(\\w+)-prod-'\n  - {tag: squad, is: nobody}\n", encoding="utf-8")
    found = _one(_alarm("orders-prod-cpu"), rules=_rules(path))
    assert found.owner is not None
    assert (found.owner.value, found.owner.by) == ("orders", "rule 1: name has orders-prod")
    assert found.change["Tags"].after == {"team": "orders"}
    assert "Tags" not in _one(_alarm(tags={"team": "web"})).change


def test_what_the_relay_reads_otherwise_is_noted() -> None:
    alarm = _alarm("orders-crit", AlarmDescription="Disk\n\nteam: web", tags={"owner": "orders", "sev": "4"})
    assert _one(alarm).notes == [
        "the relay reads severity info all the same: its tag or its description says so",
        "the relay reads team web all the same: its tag or its description says so",
    ]


def test_old_topics_go_only_where_that_is_asked_for() -> None:
    alarm = _alarm(OKActions=[topic("ops-mails")])
    kept, replaced = _one(alarm), _one(alarm, replaced=frozenset({topic("ops-mails")}))
    assert kept.change["AlarmActions"].after == [topic("ops-mails"), f"{TOPICS}warning"]
    assert replaced.change["OKActions"].after == [f"{TOPICS}warning"]
    assert in_words(replaced) == (
        "ALARM and OK to alertrelay-prod-warning, ALARM and OK no longer to ops-mails, tags in messages"
    )


def test_an_alarm_here_already_keeps_its_topic_and_gets_what_is_missing() -> None:
    found = _one(_alarm("orders-P1", AlarmActions=[f"{TOPICS}info"]))
    assert set(found.change) == {"OKActions", "ActionConfiguration"}
    assert found.change["OKActions"].after == [f"{TOPICS}info"]
    assert "stays" in found.notes[0]


def test_what_our_own_stack_makes_has_all_of_it() -> None:
    here: dict[str, Any] = {
        "AlarmActions": [f"{TOPICS}critical"],
        "OKActions": [f"{TOPICS}critical"],
        "ActionConfiguration": {"AlarmTagsPropagation": {"Enabled": True, "IncludedTagKeys": ["team"]}},
    }
    found = _one(_alarm("one", tags={"aws:cloudformation:stack-name": "alertrelay-prod-alarms"}, **here))
    assert (found.why, found.adopted, found.topic) == ("it has all of it", True, f"{TOPICS}critical")


def test_missing_data_that_fires_gets_its_action_too() -> None:
    found = _one(_alarm(AlarmDescription="Gone\n\ninsufficient_data: firing"))
    assert found.change["InsufficientDataActions"].after == [f"{TOPICS}warning"]


@pytest.mark.parametrize(
    ("alarm", "setting", "why"),
    [
        (_alarm("alertrelay-prod-dead-letters"), {}, "the relay's watch over itself"),
        (_alarm(tags={"alertrelay": "leave"}), {}, "its tag says so (leave rule 1: tag alertrelay=leave)"),
        (_alarm(), {"region": "us-east-1"}, "no topic of ours in eu-west-1"),
        (_alarm(), {"puts": {}}, "this boto3 cannot write a MetricAlarm"),
        (_alarm(Novelty=1), {"puts": {"MetricAlarm": ["AlarmName", "AlarmActions", "MetricName"]}}, "lose Novelty"),
        (_alarm(MetricName=None), {"puts": {"MetricAlarm": list(_alarm().fields)}}, "is of a kind that this boto3"),
    ],
)
def test_what_is_left_alone_says_why(alarm: ReadAlarm, setting: dict[str, Any], why: str) -> None:
    found = _one(alarm, **setting)
    assert why in found.why
    assert not found.change


def test_what_is_asked_for_besides_is_adopted() -> None:
    managed = _alarm(tags={"aws:cloudformation:stack-name": "shop"})
    assert _one(managed).why.startswith("the stack shop makes it and would undo this")
    assert _one(managed, also=frozenset({"managed"})).notes == ["the stack shop undoes this at its next deploy"]
    assert _one(_alarm(AlarmActions=[]), also=frozenset({"silent"})).change


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("severity: [{tag: a, name: b}]", "adopt.yml:1:12: error bad-value: expected one of tag, description"),
        ("severity: [{name: 'x', is: purple}]", "'purple' is not a severity (write one of critical"),
        ("owner: [{name: '(', is: a}]", "is not a regular expression of RE2"),
        ("owner: [{name: 'a'}]", "the rule gives no value (add `is:`, or a group to the expression)"),
        ("owner: [{description: nobody}]", "'nobody' is not a key of a description"),
        ("leaves: []", "'leaves' is not a key here (did you mean"),
        ("- tag: a", "expected a mapping, got a list"),
    ],
)
def test_a_fault_of_the_rules_has_its_place_and_its_mend(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "adopt.yml"
    path.write_text(text, encoding="utf-8")
    found = rules_of(path)
    assert not isinstance(found, AdoptionRules)
    assert said in str(found[0])


def _schema(name: str) -> Any:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_schemas_accept_the_built_in_rules_and_a_written_plan(tmp_path: Path) -> None:
    _schema("adopt").validate(yaml.safe_load(DEFAULT))
    assert not _schema("adopt").is_valid({"severity": [{"name": "x", "is": "purple"}]})
    text = written(
        PlanHead(environment="prod", source=ACCOUNT, made_at="2026-11-30T09:00:00Z"),
        propose(ACCOUNT_OF_300[:40], _setting()),
        tmp_path / "plan.yml",
    )
    _schema("adopt-plan").validate(yaml.safe_load(text))


def test_a_plan_is_read_as_it_was_written_whatever_stands_in_a_name_or_a_tag(tmp_path: Path) -> None:
    broken = 'a\u2028  - name: evil: ["x"] # \'é 🔥'
    proposals = propose([_alarm(broken, tags={"team": broken})], _setting())
    path = tmp_path / "plan.yml"
    path.write_text(
        written(PlanHead(environment="e", source=ACCOUNT, made_at="2026-11-30T09:00:00Z"), proposals, path),
        encoding="utf-8",
    )
    plan = read_plan(path)
    assert isinstance(plan, AdoptionPlan), plan
    (found,) = plan.alarms
    assert (found.name, found.read) == (broken, proposals[0].fingerprint)
    assert found.change == proposals[0].change


def test_this_botocore_knows_how_to_write_every_kind() -> None:
    from cli.adoption.account import put_parameters

    class Client:
        meta = MODELS["cloudwatch"]

    puts = put_parameters(Client)
    assert all("ActionConfiguration" in puts[kind] for kind in ("MetricAlarm", "CompositeAlarm", "LogAlarm"))
