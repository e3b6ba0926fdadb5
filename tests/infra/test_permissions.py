"""What the forwarders may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.infra.template import Template

# Statement by statement, why a resource is not named.
WILDCARDS = {
    "Phones": "a phone number has no ARN: NotResource leaves out every topic",
    "Verify": "DescribeAlarms leaves composite alarms out where it is allowed for named resources; so do its like",
    "Counted": "a query of logs has no ARN: it is known by its id alone",
    "Charts": "metrics know no resource",
    "Metrics": "metrics and tags know no resource",
    "State": "all objects of the scorer's state, in its own bucket",
    "Notes": "the keys of the scorer's items begin so",
    "Alarms": "DescribeAlarms knows no resource",
    "Resources": "the calls that describe an alarm's resource know none, or any of the account's may be asked for",
    "Start": "all versions of each named document, of whichever owner",
    "Check": "the versions of our own functions, whose numbers are not known before",
    "Report": "the deployment groups of our own application",
    "Shift": "the versions of our own functions, whose numbers are not known before",
}


def statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in template.of_type("AWS::IAM::Role").items():
        for policy in role["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def by_sid(template: Template, role_prefix: str) -> dict[str, dict[str, Any]]:
    return {s["Sid"]: s for name, s in statements(template) if name.startswith(role_prefix)}


def test_no_statement_has_a_wildcard_without_a_written_reason(relay: Template, busy: Template) -> None:
    for template in (relay, busy):
        for _, statement in statements(template):
            assert "*" not in json.dumps(statement["Action"])
            if "*" in json.dumps([statement.get("Resource"), statement.get("NotResource")]):
                assert WILDCARDS[statement["Sid"]]


def test_everything_that_a_role_may_do_is_written_in_the_role(relay: Template) -> None:
    assert len(relay.of_type("AWS::IAM::Role")) == len(relay.of_type("AWS::Lambda::Function")) + 1
    assert not any(r["Type"] == "AWS::IAM::Policy" for r in relay.document["Resources"].values())
    assert not any("ManagedPolicyArns" in p for p in relay.properties("AWS::IAM::Role"))


def test_a_forwarder_reaches_its_own_queues_only(relay: Template) -> None:
    for name in ("PagerDuty", "Slack", "Email"):
        own = by_sid(relay, name)
        assert own["Poll"]["Resource"]["Fn::GetAtt"][0].startswith(f"{name}Timers")
        sends = [resource["Fn::GetAtt"][0] for resource in own["Send"]["Resource"]]
        assert {queue[: len(name) + 5] for queue in sends} == {f"{name}Timer", f"{name}Expir", f"{name}Faile"}


def test_a_forwarder_reads_one_secret_writes_items_and_deletes_only_chunks(relay: Template) -> None:
    (secret,) = relay.of_type("AWS::SecretsManager::Secret")
    (table,) = relay.of_type("AWS::DynamoDB::Table")
    for name in ("PagerDuty", "Slack", "Email"):
        own = by_sid(relay, name)
        assert (own["Keys"]["Action"], own["Keys"]["Resource"]) == ("secretsmanager:GetSecretValue", {"Ref": secret})
        assert own["State"]["Resource"] == {"Fn::GetAtt": [table, "Arn"]}
        assert own["State"]["Action"] == [
            f"dynamodb:{verb}" for verb in ("BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem")
        ]
        chunks = own["Chunks"]
        assert (chunks["Action"], chunks["Resource"]) == ("dynamodb:DeleteItem", {"Fn::GetAtt": [table, "Arn"]})
        assert chunks["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["L#*"]}}


def test_a_forwarder_may_ask_the_index_for_what_is_due(relay: Template) -> None:
    (table,) = relay.of_type("AWS::DynamoDB::Table")
    for name in ("PagerDuty", "Slack", "Email"):
        due = by_sid(relay, name)["Due"]
        assert due["Action"] == ["dynamodb:Query", "dynamodb:Scan"]
        assert due["Resource"] == {"Fn::Join": ["", [{"Fn::GetAtt": [table, "Arn"]}, "/index/due"]]}


def test_text_messages_are_allowed_to_whoever_sends_them_or_falls_back_to_them(relay: Template) -> None:
    # The shipped sms-oncall is the e-mail forwarder's own receiver, and a fallback of the page.
    for name, expected in (("Email", True), ("PagerDuty", True), ("Slack", False)):
        assert ("Phones" in by_sid(relay, name)) is expected
    phones = by_sid(relay, "Email")["Phones"]
    assert "Resource" not in phones
    assert phones["NotResource"]["Fn::Join"][1][-1] == ":sns:*:*:*"


def test_topics_that_a_receiver_names_may_be_published_to(busy: Template) -> None:
    assert by_sid(busy, "Email")["NamedTopics"]["Resource"] == (
        "arn:aws:sns:ap-southeast-2:111122223333:partner-alerts"
    )
    assert "NamedTopics" not in by_sid(busy, "Slack")


def test_metrics_are_read_only_where_charts_are_on_by_who_shows_them(busy: Template, relay: Template) -> None:
    for name, expected in (("Slack", True), ("Email", True), ("PagerDuty", False)):
        assert ("Charts" in by_sid(busy, name)) is expected
        assert "Charts" not in by_sid(relay, name)
    charts = by_sid(busy, "Slack")["Charts"]
    assert (charts["Action"], charts["Resource"]) == ("cloudwatch:GetMetricData", "*")


def test_ses_is_allowed_for_the_senders_identity_only_where_mail_goes_by_ses(busy: Template, relay: Template) -> None:
    for name in ("PagerDuty", "Slack", "Email"):  # the first two fall back to e-mail
        mail = json.dumps(by_sid(busy, name)["Mail"]["Resource"])
        assert ":identity/alertrelay@example.com" in mail
        assert ":identity/example.com" in mail
    assert "Mail" not in by_sid(relay, "Email")
