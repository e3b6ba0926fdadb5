"""The queue of the events that a rule of ours could not hand over."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.functions import dead_letter_queue
from infra.topics import topic_prefix

NAME = "rule-failures"


def queue_arn(environment: str) -> str:
    """Return the queue's ARN by its name, for the stacks of alarms: an export would tie them to the relay's."""
    return f"arn:{Aws.PARTITION}:sqs:{Aws.REGION}:{Aws.ACCOUNT_ID}:{topic_prefix(environment)}{NAME}"


class RuleFailures(Construct):
    """The one dead-letter `queue` of all EventBridge rules of an environment, and the same as `target` of rules.

    An event that lies there names its rule and its target in the attributes of the message. Only rules of the
    environment's stacks may put something in.
    """

    def __init__(self, scope: Construct, construct_id: str, environment: str) -> None:
        super().__init__(scope, construct_id)
        self.queue = dead_letter_queue(self, "Queue", topic_prefix(environment) + NAME)
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Rules",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
                conditions={
                    "ArnLike": {
                        "aws:SourceArn": f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:rule/"
                        f"{topic_prefix(environment)}*"
                    }
                },
            )
        )
        # By its ARN, so that the statement above is the whole policy: each rule would add one of its own.
        self.target = sqs.Queue.from_queue_arn(self, "Target", self.queue.queue_arn)
