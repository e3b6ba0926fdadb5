"""The topics: five for alerts, one key for them, and two that do not depend on that key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from compiler.delivery import LastResort
from compiler.resources.environment import Environment
from infra.publishers import auto_scaling_role, deny_statements, key_statement, publishers, topic_statement

ALERT_TOPICS = ("critical", "warning", "info", "slo-violations", "infrastructure")


def topic_prefix(environment: str) -> str:
    """Returns the common beginning of our topics' names, the last dash included."""
    return f"alertrelay-{environment}-"


class AlertTopics(Construct):
    """`topics` by name (`critical`, …), all encrypted with `key`."""

    def __init__(self, scope: Construct, construct_id: str, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        allowed = publishers(environment.publisher_accounts, environment.publishers)
        self.key = kms.Key(
            self,
            "Key",
            description=f"Alert topics of alertrelay {environment.name}",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if environment.retain else RemovalPolicy.DESTROY,
            pending_window=Duration.days(30 if environment.retain else 7),
        )
        for publisher in allowed:
            self.key.add_to_resource_policy(key_statement(publisher))
        self.topics: Mapping[str, sns.Topic] = {name: self._topic(name, environment.name) for name in ALERT_TOPICS}
        for topic in self.topics.values():
            for publisher in allowed:
                topic.add_to_resource_policy(topic_statement(publisher, topic.topic_arn))

    def close(self, functions: Iterable[lambda_.IFunction]) -> None:
        """Deny publishing to everybody but the listed publishers and `functions`, which are the stack's own."""
        but = [auto_scaling_role(), *self._environment.publishers]
        for topic in self.topics.values():
            close(topic, accounts=self._environment.publisher_accounts, but=but, functions=functions)

    def resolve_deleted_alarms(self, failures: sqs.IQueue) -> None:
        """Publish the deletion of an alarm: one that is deleted while it fires sends no OK, and this ends its alert.
        `failures` takes the events that the topic does not."""
        environment = self._environment.name
        events.CfnRule(
            self,
            "DeletedAlarms",
            name=f"{topic_prefix(environment)}deleted-alarms",
            description=f"alertrelay {environment}: the alerts of deleted alarms end",
            event_pattern={
                "source": ["aws.cloudwatch"],
                "detail-type": ["CloudWatch Alarm Configuration Change"],
                "detail": {"operation": ["delete"]},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    arn=self.topics["info"].topic_arn,
                    id="InfoTopic",
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=failures.queue_arn),
                )
            ],
        )

    def _topic(self, name: str, environment: str) -> sns.Topic:
        return sns.Topic(
            self,
            _camel(name),
            topic_name=topic_prefix(environment) + name,
            display_name=f"alertrelay {environment} {name}",
            master_key=self.key,
            enforce_ssl=True,
        )


class OpsTopic(Construct):
    """The topic of the relay's own trouble, read by e-mail from SNS directly.

    Not encrypted with a key of ours: what reports that the key is missing must not need it. (CloudWatch cannot use the
    AWS-managed key.) Nothing secret is ever published here.
    """

    def __init__(self, scope: Construct, construct_id: str, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=topic_prefix(environment.name) + "ops",
            display_name="alertrelay",
            enforce_ssl=True,
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="SelfWatch",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        _subscribe_email(self.topic, environment.ops_email)


class LastResortTopic(Construct):
    """The stage behind the last fallback: SNS to people, with IAM as the only secret and no key of ours."""

    def __init__(self, scope: Construct, construct_id: str, environment: str, people: LastResort | None) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self, "Topic", topic_name=topic_prefix(environment) + "last-resort", display_name="ALERT", enforce_ssl=True
        )
        _subscribe_email(self.topic, people.email if people else ())
        for number in people.sms if people else ():
            self.topic.add_subscription(subscriptions.SmsSubscription(number))


def close(
    topic: sns.Topic, *, accounts: Sequence[str] = (), but: Sequence[str] = (), functions: Iterable[lambda_.IFunction]
) -> None:
    """Deny publishing to everybody but AWS services, the principals `but`, and the stack's own `functions`."""
    roles = [function.role.role_arn for function in functions if function.role]
    for statement in deny_statements(topic.topic_arn, accounts=accounts, but=[*but, *roles]):
        topic.add_to_resource_policy(statement)


def _subscribe_email(topic: sns.Topic, addresses: Sequence[str]) -> None:
    for address in addresses:
        topic.add_subscription(subscriptions.EmailSubscription(address))


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))
