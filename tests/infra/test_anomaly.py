"""The anomaly-scorer in the template: when it runs, what it may do, who is told when it does not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from alertrelay.anomaly.scorer.scorer_run import SETTLED
from alertrelay.config.watch import AnomalyConfig

from tests.example import CONFIG as SHIPPED
from tests.infra.template import Template, read_template

VARIABLES = {
    "ALERTRELAY_ENV",
    "ALERTRELAY_ANOMALY_CONFIG",
    "ALERTRELAY_CONFIG_HASH",
    "ALERTRELAY_TABLE",
    "ALERTRELAY_BUCKET",
    "ALERTRELAY_TOPICS",
    "ALERTRELAY_ACCOUNT_ID",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_LOG_LEVEL",
}


def _scorer(template: Template) -> tuple[str, Any]:
    ((name, resource),) = (
        (key, r)
        for key, r in template.of_type("AWS::Lambda::Function").items()
        if r["Properties"]["FunctionName"].endswith("-anomaly-scorer")
    )
    return name, resource["Properties"]


def _statements(template: Template) -> dict[str, Any]:
    (role,) = (r for key, r in template.of_type("AWS::IAM::Role").items() if key.startswith("Anomaly"))
    (policy,) = role["Properties"]["Policies"]
    return {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}


def _rules(template: Template) -> dict[str, Any]:
    found = (rule["Properties"] for rule in template.of_type("AWS::Events::Rule").values())
    return {
        rule["Name"].rpartition("-anomaly-scorer-")[2]: rule for rule in found if "-anomaly-scorer-" in rule["Name"]
    }


def test_it_is_one_function_with_all_that_its_runtime_reads(relay: Template, environment: str) -> None:
    _, function = _scorer(relay)
    local = {"AWS_ENDPOINT_URL"} if environment == "dev" else set()
    assert set(function["Environment"]["Variables"]) == VARIABLES | local
    assert (function["Handler"], function["Runtime"]) == ("lambdas.anomaly_scorer.handler", "python3.13")
    # Lambda gives one whole core from 1,769 MB on.
    assert function["MemorySize"] == 1769


def test_it_runs_each_period_and_has_less_time_than_that(relay: Template) -> None:
    name, function = _scorer(relay)
    rule = _rules(relay)["schedule"]
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(5 minutes)", "ENABLED")
    (target,) = rule["Targets"]
    alias = relay.document["Resources"][target["Arn"]["Ref"]]
    assert (alias["Type"], alias["Properties"]["FunctionName"]) == ("AWS::Lambda::Alias", {"Ref": name})
    # The event's own time tells a retry from another run: no input stands in its place.
    assert "Input" not in target
    assert function["Timeout"] < 300
    assert SETTLED < 300


def test_what_lambda_gives_up_of_it_goes_to_a_queue_with_an_alarm(relay: Template) -> None:
    name, _ = _scorer(relay)
    configs = [c for c in relay.properties("AWS::Lambda::EventInvokeConfig") if c["FunctionName"] == {"Ref": name}]
    (queue,) = {c["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0] for c in configs}
    assert len(configs) == 2  # the alias has its own
    assert _statements(relay)["Send"]["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert _alarm(relay, "ScorerGaveUp")["Dimensions"][0]["Value"] == {"Fn::GetAtt": [queue, "QueueName"]}


def test_it_hears_of_deployments(relay: Template) -> None:
    rules = _rules(relay)
    sources = {name: rule["EventPattern"]["source"] for name, rule in rules.items() if "EventPattern" in rule}
    assert sources == {
        "codedeploy": ["aws.codedeploy"],
        "ecs": ["aws.ecs"],
        "cloudformation": ["aws.cloudformation"],
    }


def test_it_publishes_to_the_topics_of_its_severities_and_may_use_their_key(relay: Template) -> None:
    own = _statements(relay)
    topics = [topic["Ref"] for topic in own["Tell"]["Resource"]]
    assert {topic.removeprefix("AlertTopics")[:4] for topic in topics} == {"Crit", "Warn", "Info"}
    (key,) = relay.of_type("AWS::KMS::Key")
    assert own["Encrypt"]["Resource"] == {"Fn::GetAtt": [key, "Arn"]}
    _, function = _scorer(relay)
    assert all(topic in json.dumps(function["Environment"]["Variables"]["ALERTRELAY_TOPICS"]) for topic in topics)


def test_it_can_harm_no_group_and_reads_no_secret(relay: Template) -> None:
    own = _statements(relay)
    table = {"Fn::GetAtt": [next(iter(relay.of_type("AWS::DynamoDB::Table"))), "Arn"]}
    keys = {}
    for sid in ("Notes", "Read"):
        assert own[sid]["Resource"] == table
        keys[sid] = own[sid]["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert keys == {"Notes": ["R", "D", "N#*"], "Read": ["D", "F"]}
    assert "secretsmanager" not in json.dumps(own)


def test_its_state_is_private_encrypted_and_never_deleted_by_a_deploy(relay: Template) -> None:
    (bucket,) = relay.of_type("AWS::S3::Bucket").values()
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert "AES256" in json.dumps(bucket["Properties"]["BucketEncryption"])
    assert bucket["DeletionPolicy"] == "Retain"
    (policy,) = relay.properties("AWS::S3::BucketPolicy")
    assert "aws:SecureTransport" in json.dumps(policy)


def _alarm(template: Template, name: str) -> Any:
    found = (a for a in template.properties("AWS::CloudWatch::Alarm") if a["AlarmName"].endswith(name))
    (alarm,) = (a for a in found if "-anomaly-scorer-" in a["AlarmName"])
    return alarm


def test_a_run_that_fails_lags_or_scores_nothing_is_reported_to_the_ops_topic(relay: Template) -> None:
    errors, nothing = _alarm(relay, "ScorerErrors"), _alarm(relay, "ScoredNothing")
    lags, left_out = _alarm(relay, "ScorerLags"), _alarm(relay, "MetricsLeftOut")
    for alarm in (errors, nothing, lags, left_out):
        assert all(action["Ref"].startswith("Ops") for action in alarm["AlarmActions"] + alarm["OKActions"])
    own = [{"Name": "service", "Value": "anomaly-scorer"}]
    assert [a["Dimensions"] for a in (nothing, lags, left_out)] == [own] * 3
    assert (nothing["MetricName"], nothing["TreatMissingData"]) == ("MetricsScored", "breaching")
    # Six runs without a metric in any of them.
    assert (nothing["DatapointsToAlarm"], nothing["EvaluationPeriods"], nothing["Period"]) == (30, 30, 60)
    assert (errors["MetricName"], errors["DatapointsToAlarm"], errors["EvaluationPeriods"]) == ("Errors", 3, 15)
    assert (lags["MetricName"], lags["Statistic"], lags["Threshold"]) == ("ScorerLag", "Maximum", 900)


def test_the_dashboard_asks_the_scorer_s_log_for_all_that_an_operator_judges_by(relay: Template) -> None:
    found = relay.properties("AWS::CloudWatch::Dashboard")
    (dashboard,) = (one for one in found if one["DashboardName"].endswith("-anomalies"))
    parts = dashboard["DashboardBody"]["Fn::Join"][1]
    body = json.loads("".join(part if isinstance(part, str) else "REF" for part in parts))
    queries = [widget["properties"]["query"] for widget in body["widgets"] if widget["type"] == "log"]
    for column in ("service", "metric", "score", "value", "usual", "reason", "link"):
        assert column in queries[0]
    assert any("latest(share) as precision" in query for query in queries)
    assert any('mode = "shadow"' in query for query in queries)
    assert sum("usual_high" in query for query in queries) == 3
    columns = {(w["x"], w["y"]): w["width"] for w in body["widgets"]}
    assert all(x + width <= 24 for (x, _), width in columns.items())


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The shipped configuration without anomaly.yml."""
    from infra.application import synthesise

    folder = tmp_path_factory.mktemp("without")
    config = shutil.copytree(SHIPPED, folder / "config")
    (config / "anomaly.yml").unlink()
    synthesise(config, {"CDK_OUTDIR": str(folder / "out"), "ALERTRELAY_ENVIRONMENTS": "dev"})
    return read_template(folder / "out", "dev", "Relay")


def test_where_nothing_is_watched_there_is_no_scorer_and_nothing_of_it(without: Template) -> None:
    resources = without.document["Resources"]
    assert not [key for key in resources if "nomaly" in key]
    assert not [r for r in resources.values() if r["Type"] in ("AWS::S3::Bucket", "AWS::CloudWatch::Dashboard")]


def test_synth_says_what_the_questions_cost(
    tmp_path: Path, config_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from infra.application import synthesise

    (config_folder / "anomaly.yml").write_text("watch: [{name: a, namespace: Shop, metric: Orders}]\n")
    synthesise(config_folder, {"CDK_OUTDIR": str(tmp_path / "out"), "ALERTRELAY_ENVIRONMENTS": "dev"})
    said = capsys.readouterr().err
    assert "anomaly-scorer $2.43" in said


def test_the_schedule_follows_the_shortest_period(tmp_path: Path, config_folder: Path) -> None:
    from infra.application import synthesise

    text = "watch: [{name: a, namespace: S, metric: M, period: 1m}, {name: b, namespace: S, metric: N, period: 1h}]\n"
    (config_folder / "anomaly.yml").write_text(text)
    synthesise(config_folder, {"CDK_OUTDIR": str(tmp_path / "out"), "ALERTRELAY_ENVIRONMENTS": "dev"})
    assert _rules(read_template(tmp_path / "out", "dev", "Relay"))["schedule"]["ScheduleExpression"] == "rate(1 minute)"


def test_the_function_names_the_hash_of_what_it_runs_with(relay: Template, assembly: Path, environment: str) -> None:
    from compiler.load import load

    config = load(SHIPPED, environment).anomaly
    assert isinstance(config, AnomalyConfig)
    _, function = _scorer(relay)
    assert function["Environment"]["Variables"]["ALERTRELAY_CONFIG_HASH"] == config.hash
