"""The stack of a relay. It only wires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import aws_cdk as cdk
from alertrelay.channels import KINDS, SHARED_FORWARDER, channel, forwarders
from alertrelay.config.model import Config
from alertrelay.config.watch import AnomalyConfig
from aws_cdk import CfnOutput
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from compiler.delivery import LastResort, sends_sms
from compiler.resources.audit import Audit
from compiler.resources.environment import Environment
from infra import console
from infra.anomaly import NAME, AnomalyScorer
from infra.anomaly_dashboard import AnomalyDashboard
from infra.assets import Asset
from infra.auditor import AuditorConstruct
from infra.companion import NAME as COMPANION
from infra.companion import CompanionConstruct
from infra.dashboards import add_relay_dashboard
from infra.forwarding import ForwarderConstruct
from infra.functions import ARCHITECTURES, layer_version
from infra.intake import NAME as INTAKE
from infra.intake import IntakeConstruct
from infra.ops_page import OpsPage
from infra.permissions import channel_statements
from infra.relay import Relay
from infra.report import report_of
from infra.rollout import Rollout
from infra.rule_failures import RuleFailures
from infra.self_watch import SelfWatch
from infra.served import check_served, check_whole
from infra.slo import NAME as SLO
from infra.slo import SloFunction
from infra.sms_watch import SmsWatch
from infra.state import ChannelSecret, StateTable
from infra.synth import ROOT
from infra.topics import AlertTopics, LastResortTopic, OpsTopic, close

FORWARDERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    name: ("Email" if name == SHARED_FORWARDER else channel(kinds[0]).title, kinds)
    for name, kinds in forwarders().items()
}
"""By name: the construct's id, and the channels that its handler in lambdas/ serves."""


class EnvironmentRelay(cdk.Stack):
    """Topics, state, forwarders, and the watch over them, of a configuration that is read and an asset that is built.

    `parts` is what the forwarders share, `forwarders` are they by name, `scorer` is None where no metric is watched,
    `slo` where there is no objective,
    `auditor` where nothing is checked on a schedule.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        config: Config,
        people: LastResort | None,
        *,
        anomaly: AnomalyConfig | None,
        code: Asset,
        auditor_code: Asset | None = None,
        layer: Asset,
        arch: str,
        stack_name: str | None,
        env: cdk.Environment | None = None,
        context: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            stack_name=stack_name,
            description=f"alertrelay {environment.name}: the alert relay",
        )
        for key, value in (context or {}).items():
            self.node.set_context(key, value)  # before there are children
        check_served(config, {name: channels for name, (_, channels) in FORWARDERS.items()})
        check_whole(map(channel, KINDS), FORWARDERS, ROOT)
        alerts = AlertTopics(self, "AlertTopics", environment)
        failures = RuleFailures(self, "RuleFailures", environment.name)
        alerts.resolve_deleted_alarms(failures.target)
        self.parts = relay = self._relay(environment, config, people, alerts, failures, code, layer, arch)
        self.forwarders = {
            name: ForwarderConstruct(self, construct, relay, name=name, extra=channel_statements(config, channels))
            for name, (construct, channels) in FORWARDERS.items()
        }
        watch = self._watch(relay, failures)
        if sends_sms(config, people):
            SmsWatch(self, "SmsWatch", environment.name, ops=relay.ops, runbook_base_url=environment.runbook_base_url)
        self.scorer = self._scorer(relay, anomaly, alerts, watch) if anomaly else None
        self.slo = self._slo(relay, environment, watch)
        self.intake = self._intake(relay, alerts, watch, failures) if environment.intake else None
        self.companion = self._companion(relay, config, watch) if config.accompanied else None
        own = replace(relay, code=_asset(auditor_code)) if auditor_code else relay
        self.auditor = self._auditor(own, environment.audit, config, alerts, watch) if environment.audit else None
        if environment.dashboards:
            add_relay_dashboard(self, environment.name, config, self.forwarders)
        self._close_topics(alerts)
        self._rollout(watch)
        if environment.ops_pagerduty_key:
            self._ops_page(environment.ops_pagerduty_key, watch, failures)
        self._outputs(relay, self.forwarders)

    def _relay(
        self,
        environment: Environment,
        config: Config,
        people: LastResort | None,
        alerts: AlertTopics,
        failures: RuleFailures,
        code: Asset,
        layer: Asset,
        arch: str,
    ) -> Relay:
        """The topics, the state and the code that the functions share."""
        return Relay(
            environment=environment,
            topics=alerts.topics,
            ops=OpsTopic(self, "Ops", environment).topic,
            last_resort=LastResortTopic(self, "LastResort", environment.name, people).topic,
            table=StateTable(self, "State", retain=environment.retain).table,
            secret=ChannelSecret(self, "Keys", environment.name, retain=environment.retain).secret,
            code=_asset(code),
            layer=layer_version(self, layer, arch),
            architecture=ARCHITECTURES[arch],
            config_hash=config.hash,
            rule_failures=failures.target,
        )

    def _watch(self, relay: Relay, failures: RuleFailures) -> SelfWatch:
        return SelfWatch(
            self,
            "SelfWatch",
            relay.environment.name,
            ops=relay.ops,
            forwarders=self.forwarders,
            topics={**relay.topics, "last-resort": relay.last_resort},
            rule_failures=failures.queue,
            runbook_base_url=relay.environment.runbook_base_url,
        )

    def _scorer(self, relay: Relay, config: AnomalyConfig, alerts: AlertTopics, watch: SelfWatch) -> AnomalyScorer:
        """The anomaly-scorer, its alarms and its dashboard."""
        scorer = AnomalyScorer(self, "Anomaly", relay, config, key=alerts.key)
        watch.watch_scorer(scorer, NAME, every=config.every)
        AnomalyDashboard(self, "AnomalyDashboard", relay.environment.name, config, logs=scorer.logs)
        CfnOutput(self, "AnomalyBucketName", value=scorer.bucket.bucket_name)
        CfnOutput(self, "AnomalyFunction", value=scorer.function.function_name)
        return scorer

    def _slo(self, relay: Relay, environment: Environment, watch: SelfWatch) -> SloFunction | None:
        """The slo function and its alarms, where the environment has objectives."""
        objectives = environment.objectives
        if objectives is None:
            return None
        slo = SloFunction(self, "Slo", relay, objectives)
        watch.watch_slo(slo, SLO)
        CfnOutput(self, "SloFunction", value=slo.function.function_name)
        return slo

    def _auditor(
        self, relay: Relay, audit: Audit, config: Config, alerts: AlertTopics, watch: SelfWatch
    ) -> AuditorConstruct:
        watched = list(self.forwarders.values())
        further = [each.logs for each in (self.scorer, self.intake) if each]
        report = report_of(config, audit, [*(each.logs for each in watched), *further])
        auditor = AuditorConstruct(self, "Auditor", relay, audit, report, watched=watched, key=alerts.key)
        watch.watch_auditor(every=audit.every, drill=audit.drill.every if audit.drill else 0)
        watch.watch_closely(functions=[each.function for each in watched], table=relay.table, channels=config.kinds())
        return auditor

    def _intake(self, relay: Relay, alerts: AlertTopics, watch: SelfWatch, failures: RuleFailures) -> IntakeConstruct:
        """The intake and its alarms."""
        letters = console.other_letters(relay.environment.name, failures, self.scorer, self.slo)
        forwarders = list(self.forwarders.values())
        intake = IntakeConstruct(
            self,
            "Intake",
            relay,
            key=alerts.key,
            forwarders=forwarders,
            letters=letters,
            slack=self.forwarders["slack-forwarder"].timers,
        )
        for each in forwarders:  # the API stands on nothing of theirs, so that this closes no circle
            each.function.add_environment("ALERTRELAY_CONSOLE_URL", f"{intake.address}/console")
        watch.watch_intake(intake, INTAKE)
        CfnOutput(self, "IntakeUrl", value=intake.address, description="clients post alerts here: docs/intake.md")
        CfnOutput(self, "FunctionIntake", value=intake.function.function_name)
        return intake

    def _companion(self, relay: Relay, config: Config, watch: SelfWatch) -> CompanionConstruct:
        """What accompanies messages, and its alarms."""
        companion = CompanionConstruct(self, "Companion", relay, config)
        watch.watch_companion(companion, COMPANION)
        CfnOutput(self, "CompanionFunction", value=companion.function.function_name)
        return companion

    def _close_topics(self, alerts: AlertTopics) -> None:
        """Lets nobody publish to the topics but who is named."""
        drills = self.auditor if self.parts.environment.audit and self.parts.environment.audit.drill else None
        alerts.close([each.function for each in (self.scorer, self.intake, drills) if each])
        functions = [forwarder.function for forwarder in self.forwarders.values()]
        own = [each.function for each in (self.auditor, self.companion) if each]
        close(self.parts.ops, functions=[*functions, *own])
        close(self.parts.last_resort, functions=functions)

    def _rollout(self, watch: SelfWatch) -> None:
        aliases = {name: forwarder.live for name, forwarder in self.forwarders.items()}
        # One forwarder's trouble rolls all of them back: they share code and configuration.
        alarms = dict.fromkeys(self.forwarders, watch.rollback(self.forwarders))
        if self.scorer:
            aliases[NAME], alarms[NAME] = self.scorer.live, watch.rollback([NAME])
        if self.slo:
            aliases[SLO], alarms[SLO] = self.slo.live, watch.rollback([SLO])
        if self.intake:
            aliases[INTAKE], alarms[INTAKE] = self.intake.live, watch.rollback([INTAKE])
        Rollout(self, "Rollout", self.parts, aliases=aliases, alarms=alarms)

    def _ops_page(self, key: str, watch: SelfWatch, failures: RuleFailures) -> None:
        page = OpsPage(
            self,
            "OpsPage",
            self.parts.environment.name,
            secret=self.parts.secret,
            key=key,
            alarms=watch.pages,
            failures=failures.target,
        )
        watch.watch_page(page, self.parts.ops)

    def _outputs(self, relay: Relay, forwarders: dict[str, ForwarderConstruct]) -> None:
        for name, topic in {**relay.topics, "ops": relay.ops, "last-resort": relay.last_resort}.items():
            CfnOutput(self, f"Topic{camel(name)}", value=topic.topic_arn)
        CfnOutput(self, "SecretArn", value=relay.secret.secret_arn, description="put the channels' keys here")
        CfnOutput(self, "TableName", value=relay.table.table_name)
        for name, forwarder in forwarders.items():
            CfnOutput(self, f"Function{camel(name)}", value=forwarder.function.function_name)


def _asset(built: Asset) -> lambda_.Code:
    return lambda_.Code.from_asset(str(built.path), asset_hash=built.hash)


def camel(name: str) -> str:
    """Return a name with dashes as it stands in the id of a construct."""
    return "".join(part.capitalize() for part in name.split("-"))
