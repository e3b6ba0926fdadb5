"""What the console needs of the intake's function: the dead-letter queues, the index of what is due, the objectives."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from infra.anomaly import AnomalyScorer
from infra.assets import SLO_FILE
from infra.forwarding import ForwarderConstruct
from infra.permissions import allow
from infra.rule_failures import NAME as RULE_FAILURES
from infra.rule_failures import RuleFailures
from infra.slo import SloFunction
from infra.state import DUE_INDEX
from infra.topics import topic_prefix

READS = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
)
"""Of a dead-letter queue whose messages a person counts, or sends again."""
DeadLetters = Mapping[str, tuple[str, sqs.IQueue]]
"""Queues beside those of the forwarders: by name, whose messages each holds, as alertrelay/groups/dead_letters.py calls
it, and the queue."""


def other_letters(
    environment: str, rules: RuleFailures, scorer: AnomalyScorer | None, slo: SloFunction | None
) -> DeadLetters:
    """Returns the queues of what an environment has beside its forwarders."""
    found: dict[str, tuple[str, sqs.IQueue]] = {topic_prefix(environment) + RULE_FAILURES: ("rules", rules.queue)}
    if scorer:
        found[f"{scorer.name}-failed"] = ("scorer", scorer.failed)
    if slo:
        found[f"{slo.name}-failed"] = ("runs", slo.failed)
    return found


def statements(
    table: dynamodb.ITable, forwarders: Sequence[ForwarderConstruct], others: DeadLetters
) -> list[iam.PolicyStatement]:
    """Returns what the role may do for it."""
    letters = [queue for each in forwarders for queue in each.dead_letters] + [queue for _, queue in others.values()]
    return [
        allow("Due", ["dynamodb:Scan"], [f"{table.table_arn}/index/{DUE_INDEX}"]),
        allow("DeadLetters", READS, [queue.queue_arn for queue in letters]),
        allow("SendAgain", ["sqs:SendMessage"], [each.timers.queue_arn for each in forwarders]),
    ]


def variables(forwarders: Sequence[ForwarderConstruct], others: DeadLetters, *, objectives: bool) -> dict[str, str]:
    """Returns what alertrelay.runtime.intake reads of it. Names, since addresses of fifteen queues are more than half
    of the 4 KB that a function's variables have."""
    found = {
        "ALERTRELAY_FORWARDERS": json.dumps([each.name for each in forwarders]),
        "ALERTRELAY_DEAD_LETTERS": json.dumps({name: holder for name, (holder, _) in others.items()}),
    }
    return found | ({"ALERTRELAY_SLO_CONFIG": SLO_FILE} if objectives else {})
