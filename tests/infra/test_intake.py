"""The intake in the template: absent unless asked for; else its API, what it may do, and who hears of its trouble."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.groups.dead_letters import forwarder_queues
from alertrelay.sources import Envelope

from compiler.cost import intake as cost
from infra.intake import MEMORY_MB
from local.stack.companion import Annotated
from local.stack.day import DayRun
from local.stack.day_input import START
from local.standins import Fault
from tests.infra.template import Template

VARIABLES = {
    "ALERTRELAY_ENV",
    "ALERTRELAY_CONFIG",
    "ALERTRELAY_ORIGINAL",
    "ALERTRELAY_CONFIG_HASH",
    "ALERTRELAY_TABLE",
    "ALERTRELAY_SECRET_ARN",
    "ALERTRELAY_TOPICS",
    "ALERTRELAY_REFUSED_URL",
    "ALERTRELAY_SELF",
    "ALERTRELAY_SLACK_QUEUE_URL",
    "ALERTRELAY_LOG_GROUPS",
    "ALERTRELAY_FORWARDERS",
    "ALERTRELAY_DEAD_LETTERS",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_LOG_LEVEL",
}


def only(template: Template, kind: str, **wanted: Any) -> Any:
    (found,) = (
        properties
        for properties in template.properties(kind)
        if all(properties.get(key) == value for key, value in wanted.items())
    )
    return found


def test_an_environment_without_it_has_nothing_of_it(prod: Template) -> None:
    assert not any("ApiGateway" in kind for kind in {r["Type"] for r in prod.document["Resources"].values()})
    assert not any("Intake" in key for key in prod.document["Resources"])


def test_it_is_one_function_behind_one_route(busy: Template) -> None:
    function = only(busy, "AWS::Lambda::Function", FunctionName="alertrelay-busy-intake")
    assert function["Handler"] == "lambdas.intake.handler"
    assert set(function["Environment"]["Variables"]) == VARIABLES
    assert only(busy, "AWS::ApiGatewayV2::Api")["ProtocolType"] == "HTTP"
    integration = only(busy, "AWS::ApiGatewayV2::Integration")
    assert integration["PayloadFormatVersion"] == "2.0"
    assert integration["TimeoutInMillis"] > function["Timeout"] * 1000
    assert only(busy, "AWS::ApiGatewayV2::Route")["RouteKey"] == "$default"


def test_its_throttle_stands_above_the_concurrency_of_lambda(busy: Template) -> None:
    stage = only(busy, "AWS::ApiGatewayV2::Stage")
    settings = stage["DefaultRouteSettings"]
    assert settings == {"ThrottlingRateLimit": 10_000, "ThrottlingBurstLimit": 5_000}
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert logged["status"] == "$context.status"
    assert "authorization" not in json.dumps(logged).lower()


def test_every_answer_that_loses_a_post_is_counted_and_alarmed_on(busy: Template) -> None:
    filters = {
        one["MetricTransformations"][0]["MetricName"]: (
            one["MetricTransformations"][0]["MetricNamespace"],
            set(map(int, re.findall(r"\d{3}", one["FilterPattern"]))),
        )
        for one in busy.properties("AWS::Logs::MetricFilter")
    }
    assert filters == {
        "IntakeNotAllowed": ("alertrelay/busy/intake", {401, 403}),
        "IntakeLost": ("alertrelay/busy/intake", {413, 429}),
        "IntakeUnavailable5xx": ("alertrelay/busy/intake", {500}),
    }
    alarms = [
        a for a in busy.properties("AWS::CloudWatch::Alarm") if a["AlarmName"].startswith("busy-alertrelay-intake")
    ]
    watched = {(alarm["Namespace"], alarm["MetricName"]) for alarm in alarms}
    assert {(namespace, name) for name, (namespace, _) in filters.items()} <= watched
    assert all(alarm["AlarmActions"] for alarm in alarms)
    assert (len(alarms), MEMORY_MB) == (cost.ALARMS, cost.MEMORY_MB)


def test_it_writes_its_own_items_and_publishes_to_the_alert_topics(busy: Template) -> None:
    (role,) = (r for key, r in busy.of_type("AWS::IAM::Role").items() if key.startswith("IntakeRole"))
    statements = {s["Sid"]: s for s in role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]}
    keys = ["P#*", "S", "H#*", "L#*", "B#*", "A#*", "M#*", "F", "V#*"]
    assert statements["Write"]["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}}
    letters = statements.pop("DeadLetters")
    assert "Delete" not in json.dumps(statements)
    named = [json.dumps(resource) for resource in letters["Resource"]]
    assert all(re.search("Undelivered|Failed|Expired|RuleFailures|Refused", name) for name in named)
    assert not any("Timers" in name for name in named)  # those are the forwarders' own
    assert all("Timers" in json.dumps(resource) for resource in statements["SendAgain"]["Resource"])
    assert len(statements["Publish"]["Resource"]) == 3


def test_it_knows_each_dead_letter_queue_by_its_name(busy: Template) -> None:
    variables = only(busy, "AWS::Lambda::Function", FunctionName="alertrelay-busy-intake")["Environment"]["Variables"]
    known = {queue.name for queue in forwarder_queues(json.loads(variables["ALERTRELAY_FORWARDERS"]))}
    known |= set(json.loads(variables["ALERTRELAY_DEAD_LETTERS"]))
    queues = {queue["QueueName"] for queue in busy.properties("AWS::SQS::Queue")}
    assert known == {name for name in queues if not re.search("-(timers|arrivals)$|auditor|ops-page|companion", name)}


def test_messages_link_to_its_console_where_there_is_one(busy: Template, prod: Template) -> None:
    for template, there in ((busy, True), (prod, False)):
        function = only(template, "AWS::Lambda::Function", Handler="lambdas.email_forwarder.handler")
        url = json.dumps(function["Environment"]["Variables"].get("ALERTRELAY_CONSOLE_URL"))
        assert ("/console" in url, "IntakeApi" in url) == (there, there)


def test_its_tick_runs_each_minute(busy: Template) -> None:
    rule = only(busy, "AWS::Events::Rule", Name="alertrelay-busy-intake-tick")
    assert rule["ScheduleExpression"] == "rate(1 minute)"


def test_its_address_is_an_output(busy: Template) -> None:
    assert "IntakeUrl" in busy.document["Outputs"]


def test_of_batches_only_what_is_critical_invokes_a_forwarder_at_once(batched: Template, busy: Template) -> None:
    def subscribed(template: Template, protocol: str) -> int:
        return sum(one["Protocol"] == protocol for one in template.properties("AWS::SNS::Subscription"))

    forwarders = 3
    assert (subscribed(batched, "lambda"), subscribed(batched, "sqs")) == (
        forwarders,
        4 * forwarders + 5,
    )  # the companion hears all five
    assert (subscribed(busy, "lambda"), subscribed(busy, "sqs")) == (5 * forwarders, 5)
    mappings = [m for m in batched.properties("AWS::Lambda::EventSourceMapping") if 1 < m["BatchSize"] < 100]
    assert [(m["BatchSize"], m["MaximumBatchingWindowInSeconds"]) for m in mappings] == [(10, 5)] * forwarders
    assert all(m["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for m in mappings)


def test_a_queue_of_arrivals_keeps_what_fails_and_is_watched(batched: Template) -> None:
    queues = [q for q in batched.properties("AWS::SQS::Queue") if str(q["QueueName"]).endswith("forwarder-arrivals")]
    assert len(queues) == 3
    assert all(q["RedrivePolicy"]["maxReceiveCount"] == 5 for q in queues)
    named = {a["AlarmName"] for a in batched.properties("AWS::CloudWatch::Alarm")}
    assert "batched-alertrelay-slack-forwarder-arrivals-AlertrelayTimersStuck" in named


def test_an_alert_reaches_its_channels_also_by_batches(busy_assembly: Path) -> None:
    """Beside it Grafana fails, and takes the annotation of its dashboard six minutes later."""
    template = next(busy_assembly.glob("assembly-batched/batchedRelay*.template.json"))
    alert = {"labels": {"alertname": "Slow", "severity": "warning", "service": "orders"}, "startsAt": rfc3339(START)}
    with DayRun(template, "batched", start=START, down={"grafana": Fault.named("503")}) as run:
        run.publish("firing.json", [Envelope(text=json.dumps({"receiver": "r", "alerts": [alert]}))])
        run.stack.run_until(START + timedelta(minutes=1))
        assert "slack" in {request.channel for request in run.stack.received}
        run.stack.faults.down.clear()
        over = {**alert, "status": "resolved", "endsAt": rfc3339(START + timedelta(minutes=8))}
        sent_at = START + timedelta(minutes=8)
        run.publish("resolved.json", [Envelope(text=json.dumps({"receiver": "r", "alerts": [over]}), sent_at=sent_at)])
        day = run.finish()
    annotated = [(one.what, one.at - START) for one in day.history if isinstance(one, Annotated)]
    assert (day.lost, [what for what, _ in annotated]) == ((), ["failed", "begins", "ended"])
    assert timedelta(minutes=6) < annotated[1][1] < timedelta(minutes=7)


def test_its_new_versions_go_back_where_it_fails(batched: Template) -> None:
    groups = [g for g in batched.properties("AWS::CodeDeploy::DeploymentGroup") if "ntake" in json.dumps(g)]
    assert groups
    assert all(group["AlarmConfiguration"]["Alarms"] for group in groups)
