"""Topics, their key, and who may publish."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.infra.template import Template

ALERT_TOPICS = {"critical", "warning", "info", "slo-violations", "infrastructure"}
OWN_TOPICS = {"ops", "last-resort"}


def topics(template: Template) -> dict[str, Any]:
    """Topic properties by name without the prefix."""
    return {p["TopicName"].split("-", 2)[2]: p for p in template.properties("AWS::SNS::Topic")}


def policies(template: Template) -> dict[str, list[dict[str, Any]]]:
    """Statements of each topic's policy, by the topic's name."""
    names = {k: r["Properties"]["TopicName"].split("-", 2)[2] for k, r in template.of_type("AWS::SNS::Topic").items()}
    return {
        names[p["Topics"][0]["Ref"]]: p["PolicyDocument"]["Statement"]
        for p in template.properties("AWS::SNS::TopicPolicy")
    }


def principals(statements: list[dict[str, Any]]) -> dict[str, str]:
    return {s["Sid"]: json.dumps(s["Principal"], sort_keys=True) for s in statements if s["Effect"] == "Allow"}


def key_statements(template: Template) -> list[dict[str, Any]]:
    """The key's policy without its first statement, by which the account's own IAM governs the key."""
    statements = template.only("AWS::KMS::Key")["Properties"]["KeyPolicy"]["Statement"]
    assert statements[0]["Action"] == "kms:*"
    assert ":root" in json.dumps(statements[0]["Principal"])
    assert isinstance(statements, list)
    return statements[1:]


def test_five_alert_topics_and_two_of_our_own_are_named_after_the_environment(
    relay: Template, environment: str
) -> None:
    names = {p["TopicName"] for p in relay.properties("AWS::SNS::Topic")}
    assert names == {f"alertrelay-{environment}-{name}" for name in ALERT_TOPICS | OWN_TOPICS}


def test_alert_topics_are_encrypted_with_the_one_key_and_our_own_do_not_depend_on_it(relay: Template) -> None:
    (key,) = relay.of_type("AWS::KMS::Key")
    for name, topic in topics(relay).items():
        if name in ALERT_TOPICS:
            assert topic["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
        else:
            assert "KmsMasterKeyId" not in topic


def test_whoever_may_publish_to_a_topic_may_use_its_key(relay: Template, busy: Template) -> None:
    for template in (relay, busy):
        allowed = principals(key_statements(template))
        for name in ALERT_TOPICS:
            assert principals(policies(template)[name]) == allowed


def test_the_services_of_the_design_may_publish(prod: Template) -> None:
    text = json.dumps(policies(prod)["critical"])
    for service in ("cloudwatch", "events", "events.rds", "budgets", "backup", "aps"):
        assert f'"{service}.amazonaws.com"' in text
    assert "AWSServiceRoleForAutoScaling" in text


def test_elasticache_publishes_by_source_owner(prod: Template) -> None:
    (statement,) = (s for s in policies(prod)["infrastructure"] if s["Sid"] == "ElastiCache")
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": {"Ref": "AWS::AccountId"}}}


def test_a_statement_for_everybody_always_has_a_condition(relay: Template) -> None:
    statements = [s for policy in policies(relay).values() for s in policy] + key_statements(relay)
    open_ones = [s for s in statements if s["Effect"] == "Allow" and s["Principal"] == {"AWS": "*"}]
    assert open_ones
    assert all(s.get("Condition") for s in open_ones)


def test_no_policy_names_a_role_as_principal_since_it_may_not_exist(relay: Template) -> None:
    named = json.dumps([list(principals(p).values()) for p in policies(relay).values()])
    assert ":role/" not in named


def test_a_further_account_may_publish_and_uses_the_key_only_through_sns(busy: Template) -> None:
    own: Mapping[str, str] = {"Ref": "AWS::AccountId"}
    (cloudwatch,) = (s for s in policies(busy)["warning"] if s["Sid"] == "Cloudwatch")
    assert cloudwatch["Condition"] == {"StringEquals": {"aws:SourceAccount": [own, "444455556666"]}}
    (named,) = (s for s in key_statements(busy) if s["Sid"] == "Publishers")
    assert list(named["Condition"]["StringEquals"]) == ["kms:ViaService"]


def test_every_topic_refuses_what_does_not_come_by_tls(relay: Template) -> None:
    assert set(policies(relay)) == ALERT_TOPICS | OWN_TOPICS
    for statements in policies(relay).values():
        (deny,) = (s for s in statements if s["Effect"] == "Deny" and not s["Sid"].startswith("Deny"))
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert deny["Principal"] in ("*", {"AWS": "*"})


def test_cloudwatch_is_the_only_service_that_publishes_to_the_ops_topic(relay: Template) -> None:
    allow = [s for s in policies(relay)["ops"] if s["Effect"] == "Allow"]
    assert [s["Principal"] for s in allow] == [{"Service": "cloudwatch.amazonaws.com"}]
    assert [s for s in policies(relay)["last-resort"] if s["Effect"] == "Allow"] == []


def test_people_are_subscribed_to_the_ops_and_the_last_resort_topic(prod: Template) -> None:
    names = {k: r["Properties"]["TopicName"].split("-", 2)[2] for k, r in prod.of_type("AWS::SNS::Topic").items()}
    people = {
        (names[s["TopicArn"]["Ref"]], s["Protocol"], s["Endpoint"])
        for s in prod.properties("AWS::SNS::Subscription")
        if s["Protocol"] != "lambda"
    }
    assert people == {
        ("ops", "email", "platform@example.com"),
        ("last-resort", "email", "oncall@example.com"),
        ("last-resort", "sms", "+15555550100"),
    }


def test_the_key_rotates_and_outlives_the_stack_only_where_it_is_to_be_retained(prod: Template, dev: Template) -> None:
    for template, policy in ((prod, "Retain"), (dev, "Delete")):
        key = template.only("AWS::KMS::Key")
        assert key["Properties"]["EnableKeyRotation"] is True
        assert key["DeletionPolicy"] == policy


def test_the_deletion_of_an_alarm_reaches_the_info_topic(relay: Template) -> None:
    (rule,) = (p for p in relay.properties("AWS::Events::Rule") if p["Name"].endswith("-deleted-alarms"))
    assert rule["EventPattern"]["detail-type"] == ["CloudWatch Alarm Configuration Change"]
    assert rule["EventPattern"]["detail"] == {"operation": ["delete"]}
    (target,) = rule["Targets"]
    topic = relay.document["Resources"][target["Arn"]["Ref"]]
    assert topic["Properties"]["TopicName"].endswith("-info")
