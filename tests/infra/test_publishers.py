"""Who may publish to the topics, by evaluating the synthesised policies for callers as AWS would see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.infra.policy import ACCOUNT, REGION, Caller, allowed, plain
from tests.infra.template import Template

FURTHER, STRANGER = "444455556666", "999900001111"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
AUTO_SCALING = f"{ROLE}/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


def service(name: str, account: str = "", **context: str) -> Caller:
    source = {"aws:SourceAccount": account} if account else {}
    return Caller(service=f"{name}.amazonaws.com", context={**source, **context})


ALLOWED = {
    "an alarm of this account": service("cloudwatch", ACCOUNT),
    "an alarm of a further account": service("cloudwatch", FURTHER),
    "a rule, which names no source": service("events"),
    "a rule that names this account": service("events", ACCOUNT),
    "RDS": service("events.rds", ACCOUNT),
    "Budgets": service("budgets", ACCOUNT),
    "Backup, which names no source": service("backup"),
    "Managed Prometheus": service("aps", ACCOUNT),
    "Auto Scaling": Caller(arn=AUTO_SCALING),
    "ElastiCache": Caller(
        arn=f"arn:aws:iam::{STRANGER}:role/elasticache", context={"AWS:SourceOwner": ACCOUNT}, iam=True
    ),
    "a named role of this account": Caller(arn=f"{ROLE}/alertrelay-rehearsal"),
    "a named role of another account": Caller(arn=f"arn:aws:iam::{FURTHER}:role/monitoring/alertmanager", iam=True),
}
DENIED = {
    "an alarm of a stranger": service("cloudwatch", STRANGER),
    "a rule that names a stranger": service("events", STRANGER),
    "a backup that names a stranger": service("backup", STRANGER),
    "budgets of a further account": service("budgets", FURTHER),
    "a service that is not listed": service("s3", ACCOUNT),
    "an administrator of this account": Caller(arn=f"{ROLE}/admin", iam=True),
    "a user of this account": Caller(arn=f"arn:aws:iam::{ACCOUNT}:user/eve", iam=True),
    "the root of this account": Caller(arn=f"arn:aws:iam::{ACCOUNT}:root", iam=True),
    "a role of this account with a similar name": Caller(arn=f"{ROLE}/alertrelay-rehearsal-2", iam=True),
    "a role that pretends to be ElastiCache": Caller(
        arn=f"{ROLE}/admin", iam=True, context={"AWS:SourceOwner": ACCOUNT}
    ),
    "a role that claims a source": Caller(arn=f"{ROLE}/admin", iam=True, context={"aws:SourceAccount": ACCOUNT}),
    "an unnamed role of a further account": Caller(arn=f"arn:aws:iam::{FURTHER}:role/admin", iam=True),
    "a named role of a further account without IAM": Caller(arn=f"arn:aws:iam::{FURTHER}:role/monitoring/alertmanager"),
    "a role of a stranger": Caller(arn=f"arn:aws:iam::{STRANGER}:role/admin", iam=True),
    "a stranger's role with a named role's name": Caller(
        arn=f"arn:aws:iam::{STRANGER}:role/alertrelay-rehearsal", iam=True
    ),
    "nobody": Caller(),
}


def names_of(template: Template) -> dict[str, str]:
    """An ARN for each logical id that a topic policy may name."""
    found = {}
    for key, resource in template.document["Resources"].items():
        if resource["Type"] == "AWS::SNS::Topic":
            found[key] = f"arn:aws:sns:{REGION}:{ACCOUNT}:{resource['Properties']['TopicName']}"
        elif resource["Type"] == "AWS::IAM::Role":
            found[key] = f"{ROLE}/{key}"
    return found


def policies(template: Template) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """ARN and resolved statements of each topic, by its short name."""
    names, found = names_of(template), {}
    for policy in template.properties("AWS::SNS::TopicPolicy"):
        arn = names[policy["Topics"][0]["Ref"]]
        found[arn.split("-", 4)[-1]] = (arn, plain(policy["PolicyDocument"]["Statement"], names=names))
    return found


def may_publish(template: Template, topic: str, caller: Caller, *, added: Sequence[Mapping[str, Any]] = ()) -> bool:
    """`added` are statements that somebody put into the policy by hand."""
    (found,) = (p for name, p in policies(template).items() if name.endswith(topic))
    arn, statements = found
    tls = {"aws:SecureTransport": "true", **caller.context}
    by_tls = Caller(service=caller.service, arn=caller.arn, iam=caller.iam, context=tls)
    return allowed([*statements, *added], by_tls, action="sns:Publish", resource=arn)


@pytest.mark.parametrize("topic", ["critical", "warning", "info", "slo-violations", "infrastructure"])
def test_the_listed_publishers_reach_every_alert_topic_and_nobody_else(busy: Template, topic: str) -> None:
    assert {name: may_publish(busy, topic, caller) for name, caller in ALLOWED.items()} == dict.fromkeys(ALLOWED, True)
    assert {name: may_publish(busy, topic, caller) for name, caller in DENIED.items()} == dict.fromkeys(DENIED, False)


def test_a_statement_that_lets_everybody_in_does_not_undo_the_denial(busy: Template) -> None:
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "sns:*", "Resource": "*"}
    let_in = {name for name, caller in DENIED.items() if may_publish(busy, "critical", caller, added=[anybody])}
    # The denial is of principals, and of services that act for a stranger.
    assert let_in == {"a service that is not listed", "budgets of a further account", "nobody"}


def test_the_shipped_environments_name_no_publisher_so_no_role_publishes(relay: Template) -> None:
    for name in ("an alarm of this account", "a rule, which names no source", "Auto Scaling", "ElastiCache"):
        assert may_publish(relay, "critical", ALLOWED[name]), name
    for name in ("a named role of this account", "a named role of another account", "an alarm of a further account"):
        assert not may_publish(relay, "critical", ALLOWED[name]), name


def roles(template: Template, prefix: str) -> list[Caller]:
    """The roles of functions, whose own policies allow what the caller asks."""
    found = template.of_type("AWS::IAM::Role")
    return [Caller(arn=f"{ROLE}/{key}", iam=True) for key in found if key.startswith(prefix)]


def test_the_scorer_publishes_to_alert_topics_and_forwarders_to_our_own(relay: Template) -> None:
    (scorer,) = roles(relay, "Anomaly")
    assert may_publish(relay, "critical", scorer)
    assert not may_publish(relay, "ops", scorer)
    for prefix in ("PagerDuty", "Slack", "Email"):
        (forwarder,) = roles(relay, prefix)
        assert may_publish(relay, "ops", forwarder)
        assert may_publish(relay, "last-resort", forwarder)
        # What a forwarder publishes to an alert topic would come back to it.
        assert not may_publish(relay, "critical", forwarder)


def test_the_ops_topic_takes_alarms_of_this_account_and_the_last_resort_no_service(busy: Template) -> None:
    assert may_publish(busy, "ops", ALLOWED["an alarm of this account"])
    for name, caller in {**ALLOWED, **DENIED}.items():
        assert not may_publish(busy, "last-resort", caller), name
        assert may_publish(busy, "ops", caller) is (name == "an alarm of this account"), name


def test_what_does_not_come_by_tls_is_denied(busy: Template) -> None:
    plain_text = Caller(arn=f"{ROLE}/alertrelay-rehearsal", context={"aws:SecureTransport": "false"})
    assert not may_publish(busy, "critical", plain_text)
