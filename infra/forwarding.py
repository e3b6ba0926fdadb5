"""A forwarder: one function a channel, its queues, and the three ways by which an event of it can be left over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import aws_cdk as cdk
from aws_cdk import Aws, Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.assets import CONFIG_FILE
from infra.functions import (
    ALIAS,
    RETENTION,
    dead_letter_queue,
    live_alias,
    log_group,
)
from infra.permissions import forwarder_role
from infra.relay import Relay, own_function
from infra.topics import topic_prefix

TIMEOUT = Duration.seconds(30)
"""Fallbacks are tried within one invocation, and a throttled table is retried until near its end."""

TICK = {"do": "tick"}
"""What the function gets each minute: alertrelay.runtime.forwarder.TICK."""

BATCH, BATCH_SECONDS = 10, 5
"""Of `intake: batched`: messages of one invocation, and how long the first of them waits for the others. Critical ones
wait for nothing: their topic invokes the function itself."""
UNBATCHED = ("critical",)
MAX_TIMERS = 20
"""Timers of one forwarder that are handled at once: what a storm schedules must leave concurrency for what comes from
the topics. An option of the environment reserves more than this for each function, or its timers would be throttled."""

RETRIES = 2
MAX_AGE = Duration.hours(6)
MAX_RECEIVES = 5


class ForwarderConstruct(Construct):
    """One `function`, the alias `live` that every event comes by, its `timers` queue, the rule of its `tick`, and
    `dead_letters`: queues whose first message means that a person must look.

    An event is left over in one of three ways: SNS could not hand it to Lambda (`undelivered`), Lambda gave up after
    its retries (`failed`), or a timer message came back too often (`expired`). `extra` are statements that only this
    forwarder needs.
    """

    def __init__(
        self, scope: Construct, construct_id: str, relay: Relay, *, name: str, extra: Sequence[iam.PolicyStatement] = ()
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = topic_prefix(relay.environment.name) + name
        self.undelivered = dead_letter_queue(self, "Undelivered", f"{self.name}-undelivered")
        self.failed = dead_letter_queue(self, "Failed", f"{self.name}-failed")
        self.expired = dead_letter_queue(self, "Expired", f"{self.name}-expired", of_queue=True)
        self.dead_letters = (self.undelivered, self.failed, self.expired)
        self.timers = self._timers()
        self.arrivals = self._arrivals() if relay.environment.intake == "batched" else None
        self.logs = log_group(self, relay.environment)
        self.function = self._function(relay, name, extra)
        self.live = live_alias(self.function, failed=self.failed, retry_attempts=RETRIES, max_event_age=MAX_AGE)
        batched = () if self.arrivals is None else [t for name, t in relay.topics.items() if name not in UNBATCHED]
        self._trigger([topic for topic in relay.topics.values() if topic not in batched])
        if self.arrivals:
            self._trigger_by_queue(batched, self.arrivals)
        self.tick = self._tick(relay.rule_failures)

    def _function(self, relay: Relay, name: str, extra: Sequence[iam.PolicyStatement]) -> lambda_.Function:
        role = forwarder_role(
            self,
            logs=self.logs,
            poll=[self.timers, *([self.arrivals] if self.arrivals else [])],
            send_to=(self.timers, self.expired, self.failed),
            table=relay.table,
            secret=relay.secret,
            publish_to=(relay.ops, relay.last_resort),
            extra=extra,
        )
        return own_function(
            self,
            relay,
            name,
            role=role,
            memory_mb=relay.environment.forwarder_memory_mb,
            timeout=TIMEOUT,
            environment=self._environment(relay, name),
            log_group=self.logs,
            # Timers come back through the function's own queue: Lambda would take a long incident for a loop.
            recursive_loop=lambda_.RecursiveLoop.ALLOW,
            # For what came before there was an alias; the alias has the same.
            retry_attempts=RETRIES,
            max_event_age=MAX_AGE,
            failed=self.failed,
            reserved_concurrent_executions=relay.environment.reserved_concurrency or None,
        )

    def _tick(self, failures: sqs.IQueue) -> events.Rule:
        """Once in each minute of the clock, which `cron` keeps to and `rate` does not: what falls due later than in the
        next minute has no message yet, but is found by this."""
        rule = events.Rule(
            self,
            "Tick",
            rule_name=f"{self.name}-tick",
            description="alertrelay looks for the groups of alerts that fall due",
            schedule=events.Schedule.cron(minute="*"),
        )
        # A tick that is late is not repeated after its minute: the next one finds the same.
        target = targets.LambdaFunction(
            self.live,
            event=events.RuleTargetInput.from_object(TICK),
            retry_attempts=2,
            max_event_age=Duration.minutes(1),
            dead_letter_queue=failures,
        )
        rule.add_target(target)
        return rule

    def _trigger(self, topics: Iterable[sns.ITopic]) -> None:
        alias = self.live.node.default_child
        for topic in topics:
            subscription = topic.add_subscription(
                subscriptions.LambdaSubscription(self.live, dead_letter_queue=self.undelivered)
            ).node.default_child
            assert isinstance(subscription, sns.CfnSubscription)
            assert isinstance(alias, lambda_.CfnAlias)
            # The alias's ARN in words: CloudFormation's linter takes a reference to an alias for no function.
            subscription.endpoint = f"{self.function.function_arn}:{ALIAS}"
            subscription.add_resource_dependency(alias)
        lambda_.EventSourceMapping(
            self.function,
            # As SqsEventSource would call it: a mapping that was there before the alias is changed, not made anew.
            f"SqsEventSource:{cdk.Names.node_unique_id(self.timers.node)}",
            target=self.live,
            event_source_arn=self.timers.queue_arn,
            batch_size=1,
            max_concurrency=MAX_TIMERS,
            report_batch_item_failures=True,
        )

    def _trigger_by_queue(self, topics: Iterable[sns.ITopic], arrivals: sqs.IQueue) -> None:
        for topic in topics:
            topic.add_subscription(subscriptions.SqsSubscription(arrivals, dead_letter_queue=self.undelivered))
        lambda_.EventSourceMapping(
            self.function,
            "Arrivals",
            target=self.live,
            event_source_arn=arrivals.queue_arn,
            batch_size=BATCH,
            max_batching_window=Duration.seconds(BATCH_SECONDS),
            report_batch_item_failures=True,
        )

    def _arrivals(self) -> sqs.Queue:
        return self._queue("Arrivals", f"{self.name}-arrivals")

    def _timers(self) -> sqs.Queue:
        return self._queue("Timers", f"{self.name}-timers")

    def _queue(self, construct_id: str, name: str) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            queue_name=name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=RETENTION,
            # Six times the function's timeout, as Lambda's guide asks: a throttled poll counts as a receive too.
            visibility_timeout=Duration.seconds(6 * TIMEOUT.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.expired, max_receive_count=MAX_RECEIVES),
        )

    def _environment(self, relay: Relay, name: str) -> dict[str, str]:
        """What alertrelay.runtime.forwarder reads."""
        # Empty ones that `sam local invoke --env-vars` can fill: it sets only what the template declares.
        local = {"AWS_ENDPOINT_URL": "", "ALERTRELAY_ENDPOINTS": ""} if relay.environment.name == "dev" else {}
        return local | {
            "ALERTRELAY_ENV": relay.environment.name,
            "ALERTRELAY_CONFIG": CONFIG_FILE,
            # Not read by the function: `alertrelay check --live` compares it with the files.
            "ALERTRELAY_CONFIG_HASH": relay.config_hash,
            "ALERTRELAY_TABLE": relay.table.table_name,
            "ALERTRELAY_SECRET_ARN": relay.secret.secret_arn,
            "ALERTRELAY_QUEUE_URL": self.timers.queue_url,
            "ALERTRELAY_DEAD_LETTER_URL": self.expired.queue_url,
            "ALERTRELAY_OPS_TOPIC_ARN": relay.ops.topic_arn,
            "ALERTRELAY_LAST_RESORT_TOPIC_ARN": relay.last_resort.topic_arn,
            "ALERTRELAY_ACCOUNT_ID": Aws.ACCOUNT_ID,
            "ALERTRELAY_TOPIC_PREFIX": topic_prefix(relay.environment.name),
            "POWERTOOLS_SERVICE_NAME": name,
            "POWERTOOLS_METRICS_NAMESPACE": "alertrelay",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
